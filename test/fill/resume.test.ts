import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { CpuSamplerState } from '../../src/core/cpu-state.js';
import type { Network } from '../../src/core/network.js';
import { runFill } from '../../src/fill/run.js';
import type { FillRuntime, LevelSetup } from '../../src/fill/runtime.js';
import type { BatchQuestion, FillSnapshot } from '../../src/protocol/fill.js';
import { shippedCard as card } from '../shelf/files.js';
import { smallRequest, smallSettings } from '../worker/small-request.js';

const walk = {
  sampler: 'repaint',
  numInferenceSteps: 6,
  jumpLength: 2,
  resamplings: 2,
  eta: null,
} as const;
const settings = {
  ...smallSettings,
  coarse: walk,
  refine: [{ ...walk, startTimestep: 700 }],
  classLabel: 2,
  guidanceScale: 1.5,
};
const request = smallRequest(card, 'job', [3, 4, 5], settings);

/** A runtime without a model: the calls are counted, the numbers tame and exact. */
class CountingRuntime implements FillRuntime {
  readonly card = card;
  /** For each image. */
  calls = 0;
  private readonly _network: Network = {
    predict: ({ xt, shape, classLabels }) => {
      this.calls += shape[0];
      const size = xt.length / shape[0];
      return Promise.resolve(
        xt.map((x, i) => Math.tanh(x * 0.7 + (classLabels![0] + ((i % size) % 5)) / 50)),
      );
    },
  };

  /** Images at once, level by level. */
  constructor(private readonly _batches: readonly number[]) {}

  chooseBatch({ shape }: BatchQuestion): Promise<number> {
    const level = request.plan.levels.findIndex(({ height }) => height === shape[2]);
    return Promise.resolve(this._batches[level]);
  }

  rejectBatch = () => Promise.resolve();

  createState(setup: LevelSetup): Promise<CpuSamplerState> {
    return Promise.resolve(new CpuSamplerState({ ...setup, network: this._network }));
  }
}

/** Compared hundreds of times, as thousands of numbers it would be most of what this file costs. */
const digest = (pixels: Uint8ClampedArray) => createHash('sha256').update(pixels).digest('hex');

/** Runs a request to its end, taking a snapshot after every reported call. */
async function run(resume: FillSnapshot | null, batches: readonly number[] = [1, 1]) {
  const counting = new CountingRuntime(batches);
  const nfe: number[] = [];
  const layers: [fill: number, seed: number, pixels: string][] = [];
  const snapshots: { taken: FillSnapshot; delivered: number }[] = [];
  for await (const event of runFill(request, counting, resume)) {
    if (event.kind === 'filled') layers.push([event.fill, event.seed, digest(event.layer.data)]);
    else {
      nfe.push(event.nfe);
      expect(event.nfeTotal).toBe(3 * request.plan.nfe);
      expect(event.nfe + event.callsLeft.reduce((a, b) => a + b)).toBe(event.nfeTotal);
      const taken = structuredClone(await event.snapshot());
      snapshots.push({ taken, delivered: layers.length });
    }
  }
  return { nfe, layers, snapshots, calls: counting.calls };
}

const alone = await run(null);

test('fills made alone take a call for each step of the plan', () => {
  expect(request.plan.levels.length).toBe(2);
  expect(alone.calls).toBe(3 * request.plan.nfe);
  expect(alone.layers.map(([fill]) => fill)).toEqual([0, 1, 2]);
});

test.each([
  ['one by one', [1, 1]],
  ['two at once, then the third', [2, 2]],
  ['three at once where they are small', [3, 1]],
])('a resumed request makes the rest of the very same fills: %s', async (_, batches) => {
  const whole = await run(null, batches);
  expect(whole.layers).toEqual(alone.layers);
  expect(whole.calls).toBe(alone.calls);
  expect(whole.nfe.at(-1)).toBe(3 * request.plan.nfe);
  expect(whole.snapshots.length).toBe(whole.nfe.length);
  for (const [at, { taken, delivered }] of whole.snapshots.entries()) {
    // Every level of every group has one of these, at another place of its walk.
    if (at % 7 !== 3) continue;
    // The new runtime would choose other batches.
    const rest = await run(taken, [1, 3]);
    expect(rest.layers).toEqual(whole.layers.slice(delivered));
    // What was done before the snapshot is not done again.
    expect(rest.calls).toBe(whole.calls - whole.nfe[at]);
    expect(rest.nfe).toEqual(whole.nfe.slice(at + 1));
  }
});

test('images of one batch go on one by one where there is no more room for them at once', async () => {
  const whole = await run(null, [3, 3]);
  for (const { taken } of whole.snapshots.filter((_, at) => at % 5 === 2)) {
    const group = { ...taken.group, batches: [1, 1] };
    const rest = await run({ ...taken, group });
    expect(rest.layers).toEqual(alone.layers);
    expect(rest.nfe.at(-1)).toBe(3 * request.plan.nfe);
    expect(rest.calls).toBeLessThan(whole.calls);
  }
});

test('a snapshot keeps one image of each fill of its group, and x0Hat only where it is needed', async () => {
  const { snapshots } = await run(null, [3, 3]);
  for (const { taken } of snapshots) {
    expect(taken.finished.length).toBe(taken.level === 0 ? 0 : 3);
    expect(taken.x0Hat).toBeNull();
  }
});

test('a snapshot of another request is refused with a sentence', async () => {
  const [{ taken }] = alone.snapshots;
  const other = { ...taken, xt: taken.xt.slice(1) };
  await expect(run(other)).rejects.toThrow('the snapshot is not of this request: start it anew.');
  await expect(run({ ...taken, level: 7 })).rejects.toThrow('not of this request');
});
