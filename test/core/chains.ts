/** Small chains, networks and walks shared by the sampler's tests. */
import { CpuSamplerState, type CpuStateOptions } from '../../src/core/cpu-state.js';
import { createDiffusion, type DiffusionConfig } from '../../src/core/diffusion.js';
import type { Network, NetworkCall } from '../../src/core/network.js';
import { runWalk, type WalkJob, type WalkStep } from '../../src/core/sampler.js';
import {
  planWalk,
  type WalkOptions,
  type WalkPlan,
  type WalkSettings,
} from '../../src/core/walk.js';

export const linearConfig: DiffusionConfig = {
  betaSchedule: 'linear',
  betaStart: 1e-4,
  betaEnd: 0.02,
  numTrainTimesteps: 1000,
  predictionType: 'epsilon',
  varianceType: 'fixed_small',
  clipDenoised: true,
};

export function settings(
  numInferenceSteps: number,
  jumpLength: number,
  resamplings: number,
  rest: Partial<WalkSettings> = {},
): WalkSettings {
  return { sampler: 'repaint', numInferenceSteps, jumpLength, resamplings, eta: null, ...rest };
}

/** A network from a function of one value, its label and its index. */
export class PointwiseNetwork implements Network {
  calls: NetworkCall[] = [];

  constructor(
    private readonly _answer: (x: number, call: NetworkCall, i: number) => number,
    private readonly _outputs = 1,
  ) {}

  async predict(call: NetworkCall): Promise<Float32Array> {
    this.calls.push({ ...call, xt: call.xt.slice() });
    const size = call.xt.length / call.shape[0];
    const out = new Float32Array(call.xt.length * this._outputs);
    call.xt.forEach((x, i) => {
      const at = Math.floor(i / size) * size * this._outputs + (i % size);
      for (let k = 0; k < this._outputs; k++) out[at + k * size] = this._answer(x, call, i);
    });
    return out;
  }
}

/** Bounded, smooth, label-dependent: any mistake in order or counter shows in the result. */
export const wavyNetwork = () =>
  new PointwiseNetwork((x, { timestep, classLabels }) =>
    Math.tanh(x + timestep / 1000 + (classLabels?.[0] ?? 0)),
  );

/** Builds plan, chain and state that belong together. */
export function makeJob(
  walk: WalkSettings,
  state: CpuStateOptions,
  options: WalkOptions = {},
  config: DiffusionConfig = linearConfig,
): WalkJob & { readonly plan: WalkPlan } {
  const plan = planWalk(walk, config, options);
  const diffusion = createDiffusion(config, plan.timesteps);
  return { plan, diffusion, state: new CpuSamplerState(state) };
}

/** Runs a walk to its end. */
export async function finish(
  job: WalkJob,
  onStep: (step: WalkStep) => unknown = () => undefined,
): Promise<Float32Array> {
  const walk = runWalk(job);
  for (;;) {
    const step = await walk.next();
    if (step.done) return step.value;
    await onStep(step.value);
  }
}
