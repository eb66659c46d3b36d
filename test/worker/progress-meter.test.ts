import { describe, expect, test } from 'vitest';
import { firstPhotoPace } from '../../src/fill/cost.js';
import type { FillPlan } from '../../src/protocol/fill.js';
import { ProgressMeter, type CallCount } from '../../src/worker/progress-meter.js';

const walk = {
  sampler: 'repaint',
  numInferenceSteps: 4,
  jumpLength: 1,
  resamplings: 1,
  eta: null,
} as const;
const bounds = { x: 0, y: 0, width: 64, height: 64 };
const plan: FillPlan = {
  maskBounds: bounds,
  contextBounds: bounds,
  levels: [
    {
      network: 'model',
      patch: 0,
      part: 0,
      partBounds: bounds,
      bounds,
      width: 64,
      height: 64,
      walk,
      startTimestep: null,
      nfe: 4,
    },
    {
      network: 'model',
      patch: 0,
      part: 0,
      partBounds: bounds,
      bounds,
      width: 128,
      height: 128,
      walk,
      startTimestep: 400,
      nfe: 2,
    },
  ],
  nfe: 6,
};
/** Of fills made one by one. */
function call(fill: number, level: number, nfe: number, fills = 2): CallCount {
  const done = nfe - 6 * fill;
  const left = (fills - fill - 1) * 4;
  const callsLeft = [left + Math.max(0, 4 - done), left / 2 + Math.min(2, 6 - done)];
  return { fill, batch: 1, level, nfe, nfeTotal: 6 * fills, callsLeft };
}

test('the first call counts only until there is another', () => {
  const meter = new ProgressMeter(plan, 2, 1000);
  expect(meter.count(call(0, 0, 1), 6000).msPerCall).toBe(5000);
  expect(meter.count(call(0, 0, 2), 6100).msPerCall).toBe(100);
});

test('time left is what the plan still asks for at the measured speed', () => {
  const meter = new ProgressMeter(plan, 2, 0);
  meter.count(call(0, 0, 1), 900);
  const progress = meter.count(call(0, 0, 2), 1000);
  // 2 of 4 calls done at 100 ms; 2 calls of 4 times the pixels; then a whole second fill.
  expect(progress.remainingMs).toBe(2 * 100 + 2 * 400 + (4 * 100 + 2 * 400));
});

test('a level that has been measured is no longer estimated from its size', () => {
  const meter = new ProgressMeter(plan, 2, 0);
  [100, 200, 300, 400].forEach((at, i) => meter.count(call(0, 0, i + 1), at));
  meter.count(call(0, 1, 5), 3000);
  const progress = meter.count(call(0, 1, 6), 3250);
  expect(progress.msPerCall).toBe(250);
  expect(progress.remainingMs).toBe(4 * 100 + 2 * 250);
});

test('the last call leaves nothing', () => {
  const meter = new ProgressMeter(plan, 1, 0);
  const at = [call(0, 0, 4, 1), call(0, 1, 6, 1)].map((c, i) => meter.count(c, (i + 1) * 100));
  expect(at[1].remainingMs).toBe(0);
});

test('two calls of one guided step share its time', () => {
  const meter = new ProgressMeter(plan, 1, 0);
  meter.count(call(0, 0, 2), 1000);
  expect(meter.count(call(0, 0, 4), 1100).msPerCall).toBe(50);
});

test('a call for several images counts as one for each, and the pace is that of one image', () => {
  const meter = new ProgressMeter(plan, 3, 0);
  const batched = (nfe: number): CallCount => ({
    fill: 0,
    batch: 3,
    level: 0,
    nfe,
    nfeTotal: 18,
    callsLeft: [12 - nfe, 6],
  });
  expect(meter.count(batched(3), 3000)).toMatchObject({ msPerCall: 1000, batch: 3 });
  const progress = meter.count(batched(6), 3300);
  expect(progress.msPerCall).toBe(100);
  // Two calls of each image, then two of four times the pixels.
  expect(progress.remainingMs).toBe(6 * 100 + 6 * 400);
});

describe('the photo’s levels', () => {
  const at = (side: number) => ({ x: 0, y: 0, width: side, height: side });
  const [model] = plan.levels;
  const exact = {
    ...model,
    network: 'exact',
    width: 40,
    height: 40,
    bounds: at(400),
    partBounds: at(200),
    nfe: 4,
  } as const;
  const fine = {
    ...exact,
    network: 'coherent',
    width: 400,
    height: 400,
    startTimestep: 300,
  } as const;
  const photoPlan: FillPlan = { ...plan, levels: [exact, fine], nfe: 8 };
  const counted = (level: number, nfe: number, callsLeft: number[]): CallCount => ({
    fill: 0,
    batch: 1,
    level,
    nfe,
    nfeTotal: 8,
    callsLeft,
  });
  /** 200 x 200 pixels a call; four calls' worth before the first, and 0.3 a thousand of the crop. */
  const units = 4 * 40 + 4 * 40 + 0.3 * 160;

  test('are not told by the first call, which prepares much', () => {
    const meter = new ProgressMeter(photoPlan, 1, 0);
    const { remainingMs } = meter.count(counted(0, 1, [3, 4]), 20_000);
    // 400 places of 1,200 patches: 0.48 million pairs.
    expect(remainingMs).toBeCloseTo(firstPhotoPace * (3 * 15 * 0.48 + units));
  });

  test('are told from a small one by what they cost, not by its picture’s size', () => {
    const meter = new ProgressMeter(photoPlan, 1, 0);
    meter.count(counted(0, 1, [3, 4]), 20_000);
    const { remainingMs } = meter.count(counted(0, 2, [2, 4]), 20_036);
    const pace = 36 / (15 * 0.48);
    expect(remainingMs).toBeCloseTo(2 * 36 + pace * units);
  });

  test('after a model’s are told by what the photo usually takes', () => {
    const both: FillPlan = { ...plan, levels: [model, fine], nfe: 8 };
    const meter = new ProgressMeter(both, 1, 0);
    meter.count(counted(0, 1, [3, 4]), 5000);
    const { remainingMs } = meter.count(counted(0, 2, [2, 4]), 5100);
    expect(remainingMs).toBeCloseTo(2 * 100 + firstPhotoPace * units);
  });
});
