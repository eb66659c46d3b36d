/** The walk that the benchmark times: endless denoise steps with injection, on any state. */
import { CpuSamplerState } from '../../core/cpu-state.js';
import { createDiffusion, networkTimestep } from '../../core/diffusion.js';
import type { ImageShape, Network, NetworkCall } from '../../core/network.js';
import { PhiloxNoise } from '../../core/noise.js';
import { noiseLevel, runWalk } from '../../core/sampler.js';
import type { SamplerState } from '../../core/sampler-state.js';
import { stepCoefficients } from '../../core/step-coefficients.js';
import { planWalk } from '../../core/walk.js';
import type { ModelCard } from '../../protocol/model-card.js';
import { presets } from '../../protocol/presets.js';
import { interleaved, timed, type BenchRow } from './rows.js';

/** What a state is made from: a known left half and a hole. */
export function benchSetup(shape: ImageShape, card: Pick<ModelCard, 'nullClassLabel'>) {
  const [n, c, h, w] = shape;
  return {
    shape,
    noise: new PhiloxNoise(Array.from({ length: n }, (_, seed) => seed)),
    pixels: {
      known: Float32Array.from({ length: c * h * w }, (_, i) => Math.sin(i * 0.01)),
      keepMask: Float32Array.from({ length: h * w }, (_, i) => (i % w < w / 2 ? 1 : 0)),
    },
    guidance: { classLabels: null, nullClassLabel: card.nullClassLabel, scale: 1 },
  };
}

/** A CPU state around a network, and the bare call to compare its steps with. */
export function benchState(network: Network, shape: ImageShape, card: ModelCard) {
  const state = new CpuSamplerState({ ...benchSetup(shape, card), network });
  const label = card.nullClassLabel;
  const call: NetworkCall = {
    xt: new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]),
    shape,
    timestep: 500,
    classLabels: label === null ? null : new Int32Array(shape[0]).fill(label),
  };
  return { state, call };
}

/** Returns a function that makes one denoise transition after another, down a chain of 250. */
export function denoiseSteps(
  card: Pick<ModelCard, 'diffusion'>,
  state: SamplerState,
): () => Promise<void> {
  const chain = Array.from({ length: 250 }, (_, k) => 4 * k);
  const diffusion = createDiffusion(card.diffusion, chain);
  let transition = 0;
  return async () => {
    if (transition === 0) await state.start();
    const t = 249 - (transition % 250);
    await state.denoise({
      t,
      transition: transition++,
      timestep: networkTimestep(diffusion, t),
      inject: noiseLevel(diffusion, t),
      coefficients: stepCoefficients(diffusion, t, null),
    });
  };
}

/** Measures the first call, the bare call after it, and the transition around that. */
export async function callRows(
  name: string,
  network: Network,
  shape: ImageShape,
  card: ModelCard,
  rounds: number,
): Promise<BenchRow[]> {
  const { state, call } = benchState(network, shape, card);
  const predict = () => network.predict(call);
  const next = denoiseSteps(card, state);
  const first = await timed(predict);
  await next();
  const { bare, transition } = await interleaved({ bare: predict, transition: next }, rounds);
  return [
    { name: `${name}: first call`, value: first, unit: 'ms' },
    { name: `${name}: bare network call`, value: bare, unit: 'ms' },
    { name: `${name}: transition`, value: transition, unit: 'ms' },
    { name: `${name}: transition / call`, value: transition / bare, unit: 'x' },
  ];
}

/**
 * Walks the first level of the draft preset to its end, a shorter one of the same kind when quick.
 * Returns: the time of one fill of the batch.
 */
export async function fillRow(
  name: string,
  card: Pick<ModelCard, 'diffusion'>,
  state: SamplerState,
  isQuick: boolean,
): Promise<BenchRow> {
  const { coarse } = presets.draft;
  const walk = isQuick ? { ...coarse, numInferenceSteps: 10, resamplings: 2 } : coarse;
  const plan = planWalk(walk, card.diffusion, { startTimestep: null, callsPerStep: 1 });
  const diffusion = createDiffusion(card.diffusion, plan.timesteps);
  const steps = runWalk({ plan, diffusion, state, collapseRenoise: true });
  const ms = await timed(async () => {
    while (!(await steps.next()).done);
  });
  return { name: `${name}: per fill of ${plan.nfe} calls`, value: ms / state.shape[0], unit: 'ms' };
}
