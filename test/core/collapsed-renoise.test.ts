import { expect, test } from 'vitest';
import { CpuSamplerState } from '../../src/core/cpu-state.js';
import { createDiffusion, type DiffusionConfig } from '../../src/core/diffusion.js';
import type { ImageShape, Network } from '../../src/core/network.js';
import { PhiloxNoise, type NoiseDraw } from '../../src/core/noise.js';
import { composeRenoise, undoStep } from '../../src/core/sampler.js';
import { planWalk } from '../../src/core/walk.js';
import { finish, linearConfig, settings } from './chains.js';

const config: DiffusionConfig = { ...linearConfig, predictionType: 'sample' };
const walk = settings(20, 5, 3);

test('composed steps reach the level of the chain itself', () => {
  const plan = planWalk(walk, config);
  const diffusion = createDiffusion(config, plan.timesteps);
  const steps = [6, 7, 8, 9, 10].map((t) => undoStep(diffusion, t));
  const { signal, sigma } = steps.reduce(composeRenoise);
  // q(x_10 | x_5): alpha-bar_10 / alpha-bar_5, and the variance that keeps x_t's law.
  const alpha = diffusion.alphasCumprod[10] / diffusion.alphasCumprod[5];
  expect(signal).toBeCloseTo(Math.sqrt(alpha), 12);
  expect(sigma).toBeCloseTo(Math.sqrt(1 - alpha), 12);
});

test('a climb draws once, and every denoise sees the level it expects', async () => {
  const draws: NoiseDraw[] = [];
  const philox = new PhiloxNoise([3]);
  const noise = {
    fill(draw: NoiseDraw, image: number, out: Float32Array): void {
      draws.push(draw);
      philox.fill(draw, image, out);
    },
  };
  // Predicts black: x_t is then noise of variance 1 - alpha-bar_t, measured at every call.
  const shape: ImageShape = [1, 1, 64, 64];
  const variances: number[] = [];
  const network: Network = {
    predict: ({ xt }) => {
      variances.push(xt.reduce((sum, x) => sum + x * x, 0) / xt.length);
      return Promise.resolve(new Float32Array(xt.length));
    },
  };
  const plan = planWalk(walk, config);
  const diffusion = createDiffusion(config, plan.timesteps);
  const state = new CpuSamplerState({ shape, network, noise });
  await finish({ plan, diffusion, state, collapseRenoise: true });
  const labels = plan.transitions.filter((m) => m.kind === 'denoise').map((m) => m.t);
  labels.forEach((t, call) => {
    // 4096 samples: the variance's own deviation is sqrt(2 / 4096) = 2.2 %; 5 of them.
    const expected = 1 - diffusion.alphasCumprod[t];
    expect(variances[call] / expected).toBeGreaterThan(0.89);
    expect(variances[call] / expected).toBeLessThan(1.11);
  });
  expect(draws.filter((draw) => draw.purpose === 'renoise').length).toBe(plan.undoSteps / 5);
});
