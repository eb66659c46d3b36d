import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CpuSamplerState } from '../../src/core/cpu-state.js';
import type { Network } from '../../src/core/network.js';
import type { FillRuntime } from '../../src/fill/runtime.js';
import { modelCardSchema } from '../../src/protocol/model-card.js';
import type { FillCheckpoint } from '../../src/protocol/worker-api.js';
import { CheckpointRuntime } from '../../src/worker/checkpoint-runtime.js';
import { resumedFill } from '../../src/worker/resumed-fill.js';
import { smallRequest, smallSettings } from './small-request.js';

const cardFile = new URL('../../models/garden-64/card.json', import.meta.url);
const card = modelCardSchema.parse(JSON.parse(readFileSync(cardFile, 'utf8')));
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
const request = smallRequest(card, 'job', [3, 4], settings);

/** A runtime without a model: the calls are counted, the numbers tame and exact. */
class CountingRuntime implements FillRuntime {
  readonly card = card;
  calls = 0;
  private readonly _network: Network = {
    predict: ({ xt, classLabels }) => {
      this.calls++;
      return Promise.resolve(
        xt.map((x, i) => Math.tanh(x * 0.7 + (classLabels![0] + (i % 5)) / 50)),
      );
    },
  };

  createState(setup: Parameters<FillRuntime['createState']>[0]): Promise<CpuSamplerState> {
    return Promise.resolve(new CpuSamplerState({ ...setup, network: this._network }));
  }
}

/** Runs a request to its end, taking a checkpoint after every reported call. */
async function run(resume: FillCheckpoint | null) {
  const counting = new CountingRuntime();
  const runtime = new CheckpointRuntime(counting, request.plan.levels.length, resume);
  const nfe: number[] = [];
  const layers: [fill: number, seed: number, pixels: Uint8ClampedArray][] = [];
  const checkpoints: FillCheckpoint[] = [];
  for await (const event of resumedFill(request, runtime, resume)) {
    if (event.kind === 'filled') layers.push([event.fill, event.seed, event.layer.data]);
    else {
      nfe.push(event.nfe);
      expect(event.nfeTotal).toBe(2 * request.plan.nfe);
      const taken = await runtime.take();
      if (taken) checkpoints.push(structuredClone(taken));
    }
  }
  return { nfe, layers, checkpoints, calls: counting.calls };
}

test('a resumed request makes the rest of the very same fills', async () => {
  expect(request.plan.levels.length).toBe(2);
  const whole = await run(null);
  expect(whole.calls).toBe(2 * request.plan.nfe);
  expect(whole.checkpoints.length).toBe(whole.nfe.length);
  for (const [at, checkpoint] of whole.checkpoints.entries()) {
    // Every level of every fill has one of these, at another place of its walk.
    if (at % 7 !== 3) continue;
    const rest = await run(checkpoint);
    expect(rest.layers).toEqual(whole.layers.slice(checkpoint.fill));
    // Two calls a step: what was done before the checkpoint is not done again.
    expect(rest.calls).toBe(whole.calls - whole.nfe[at]);
    expect(rest.nfe).toEqual(whole.nfe.slice(at));
  }
});
