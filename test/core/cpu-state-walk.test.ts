/**
 * Whole walks of the CPU state against the reference, bit for bit: neither buffers used again, nor
 * noise drawn late or not at all, may change what a seed gives.
 */
import { expect, test } from 'vitest';
import { CpuSamplerState, type CpuStateOptions } from '../../src/core/cpu-state.js';
import { createDiffusion, type DiffusionConfig } from '../../src/core/diffusion.js';
import type { ImageShape, NetworkCall } from '../../src/core/network.js';
import { PhiloxNoise } from '../../src/core/noise.js';
import { makeMove, runWalk } from '../../src/core/sampler.js';
import type { SamplerState } from '../../src/core/sampler-state.js';
import { planWalk, samplerNames } from '../../src/core/walk.js';
import { linearConfig, PointwiseNetwork, settings } from './chains.js';
import { ReferenceState } from './reference-state.js';

const shape: ImageShape = [3, 3, 5, 6];
const size = 3 * 5 * 6;
const noise = new PhiloxNoise([5, 2 ** 33, 7], 2);

const known = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.31));
/** Runs of kept and of open pixels, longer than a block of noise, and soft ones between. */
const keepMask = Float32Array.from({ length: 3 * 30 }, (_, i) =>
  Math.min(1, Math.max(0, 0.5 + 2.3 * Math.sin(i * 0.4))),
);

/** Large enough to be clipped here and there; different in every value, image and call. */
const answer = (x: number, { timestep, classLabels }: NetworkCall, i: number) =>
  1.4 * Math.tanh(x + timestep / 700 + (classLabels?.[0] ?? 0)) + 0.2 * Math.sin(i);

const guidance = { classLabels: Int32Array.of(1, 2, 3), nullClassLabel: null, scale: 1 };
const gradient = async ({ xt, timestep }: NetworkCall) => xt.map((x) => Math.cos(x + timestep));

/** What a walk has other than the plain one. */
type Change = Partial<DiffusionConfig> & {
  readonly eta?: number;
  readonly scale?: number;
  readonly pixels?: null;
};

/** Returns the bits of the clean images that a walk shows, and of its result. */
async function walkedBits(
  sampler: (typeof samplerNames)[number],
  { eta, scale = 0, pixels, ...change }: Change,
  makeState: (options: CpuStateOptions) => SamplerState,
): Promise<Uint32Array[]> {
  const config = { ...linearConfig, ...change };
  const plan = planWalk(settings(6, 2, 3, { sampler, eta: eta ?? null }), config);
  const network = new PointwiseNetwork(answer, config.varianceType.startsWith('learned') ? 2 : 1);
  const state = makeState({
    ...{ shape, network, noise, guidance },
    pixels: pixels === null ? null : { known, keepMask },
    classifier: scale === 0 ? null : { model: { gradient }, scale, classLabels: null },
  });
  const images: Float32Array[] = [];
  const diffusion = createDiffusion(config, plan.timesteps);
  const walk = runWalk({ plan, diffusion, state, collapseRenoise: true });
  for (;;) {
    const step = await walk.next();
    if (step.done) return [...images, step.value].map((image) => new Uint32Array(image.buffer));
    images.push(await step.value.readX0Hat());
  }
}

const inPlace = (options: CpuStateOptions) => new CpuSamplerState(options);
const reference = (options: CpuStateOptions) => new ReferenceState(options, noise);

const changes: [string, Change][] = [
  ['a fixed variance', {}],
  ['the large fixed variance', { varianceType: 'fixed_large', convention: 'diffusers' }],
  ['a learned log-variance', { varianceType: 'learned' }],
  ['a learned range', { varianceType: 'learned_range' }],
  ['no clipping', { clipDenoised: false }],
  ['a quantile as bound', { threshold: { ratio: 0.7, maxValue: 2 } }],
  ['DDIM', { eta: 0.5 }],
  ['a classifier', { scale: 1.7 }],
  ['a classifier and DDIM', { scale: 1.7, eta: 0 }],
  ['a classifier and a learned range', { scale: 1.7, varianceType: 'learned_range' }],
  ['nothing known', { pixels: null }],
];

test.each(
  samplerNames.flatMap((sampler) =>
    changes.map(([what, change]) => [sampler, what, change] as const),
  ),
)('%s with %s walks as the reference, bit for bit', async (sampler, _, change) => {
  expect(await walkedBits(sampler, change, inPlace)).toEqual(
    await walkedBits(sampler, change, reference),
  );
});

/** x_t after every `every`th move of a walk; the moves between are made without a look at it. */
async function seenBits(every: number, makeState: (options: CpuStateOptions) => SamplerState) {
  const plan = planWalk(settings(6, 2, 3), linearConfig);
  const diffusion = createDiffusion(linearConfig, plan.timesteps);
  const network = new PointwiseNetwork(answer);
  const state = makeState({ shape, network, noise, guidance, pixels: { known, keepMask } });
  const seen: Uint32Array[] = [];
  await state.start();
  for (const [i, move] of plan.transitions.entries()) {
    await makeMove({ plan, diffusion, state }, move, i);
    if (i % every === every - 1) seen.push(new Uint32Array((await state.readXt()).buffer));
  }
  return seen;
}

test.each([1, 2, 3, 5])('x_t is whole whenever it is read, after %i moves', async (every) => {
  expect(await seenBits(every, inPlace)).toEqual(await seenBits(every, reference));
});
