import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FillLevel, FillPlan } from '../../src/protocol/fill.js';
import type { Rect } from '../../src/image/geometry.js';
import { presets } from '../../src/protocol/presets.js';
import type { ToWorker } from '../../src/protocol/worker-api.js';
import { PlanAhead } from '../../src/ui/fill/plan-ahead.js';
import { firstChoices } from '../../src/ui/fill/choices.js';
import type { ModelState } from '../../src/ui/fill/model-link.js';
import { planner, planState, type PlanState } from '../../src/ui/fill/plan-state.js';
import type { Region } from '../../src/ui/selection/region.js';
import { card } from './fake-worker.js';

const bounds = { x: 0, y: 0, width: 64, height: 64 };

function planned(width: number): PlanState {
  const level: FillLevel = {
    network: 'model',
    patch: 0,
    part: 0,
    partBounds: bounds,
    bounds,
    width,
    height: 64,
    walk: presets.draft.coarse,
    startTimestep: null,
    nfe: 9,
  };
  const plan: FillPlan = { maskBounds: bounds, contextBounds: bounds, levels: [level], nfe: 9 };
  return { kind: 'planned', plan, settings: presets.draft };
}

let posted: ToWorker[];
let ahead: PlanAhead;
beforeEach(() => {
  vi.useFakeTimers();
  posted = [];
  ahead = new PlanAhead((message) => posted.push(message));
});
afterEach(() => vi.useRealTimers());

function settle(): number {
  vi.advanceTimersByTime(1000);
  return posted.length;
}

test('what the user settles on is told once, with the number of fills', () => {
  ahead.look(planned(64), 3, false);
  ahead.look(planned(128), 3, false);
  expect(posted).toEqual([]);
  expect(settle()).toBe(1);
  expect(posted[0]).toMatchObject({ kind: 'prepare', fills: 3, settings: presets.draft });
  expect(posted[0]).toMatchObject({ plan: { levels: [{ width: 128 }] } });
  ahead.look(planned(128), 3, false);
  expect(settle()).toBe(1);
  ahead.look(planned(128), 4, false);
  expect(settle()).toBe(2);
});

test('a plan is made once for the same region, choices and model', () => {
  const coverage = ({ width, height }: Rect) => ({
    width,
    height,
    data: new Uint8Array(width * height).fill(255),
  });
  const size = { width: 640, height: 480 };
  const raster = { ...size, photo: { x: 0, y: 0, ...size } };
  const region = { raster, maskBounds: bounds, coverage } as Region;
  const model = { kind: 'ready', card } as ModelState;
  const plan = planner(planState);
  const first = plan(region, firstChoices, model);
  expect(first.kind).toBe('planned');
  expect(plan(region, firstChoices, model)).toBe(first);
  expect(plan(region, firstChoices, { ...model })).not.toBe(first);
  expect(plan(null, firstChoices, model)).toEqual({ kind: 'none' });
});

test('a fill that starts before that is not disturbed', () => {
  ahead.look(planned(64), 3, false);
  ahead.look(planned(64), 3, true);
  expect(settle()).toBe(0);
});

test('a worker that loads the model anew is told again', () => {
  ahead.look(planned(64), 3, false);
  expect(settle()).toBe(1);
  ahead.look({ kind: 'none' }, 3, false);
  ahead.look(planned(64), 3, false);
  expect(settle()).toBe(2);
});
