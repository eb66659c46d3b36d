/** Noise onto planar tensors, in place. */
import type { StepMoments } from './posterior.js';
import type { NoiseLevel } from './sampler-state.js';
import type { StepVariance } from './step-coefficients.js';

/** Writes signal * x + sigma * z into `noisy`, which may be x. Shapes: each [N*C*H*W]. */
export function addNoise(
  x: Float32Array,
  { signal, sigma }: NoiseLevel,
  z: Float32Array,
  noisy: Float32Array,
): void {
  for (let i = 0; i < noisy.length; i++) noisy[i] = signal * x[i] + sigma * z[i];
}

/** Writes mean + exp(logVariance / 2) * z into `noisy`. Shapes: each [N*C*H*W]. */
export function addStepNoise(
  { mean, logVariance }: StepMoments,
  variance: StepVariance,
  z: Float32Array,
  noisy: Float32Array,
): void {
  if (variance.kind === 'fixed') {
    const sigma = Math.exp(logVariance[0] / 2);
    for (let i = 0; i < noisy.length; i++) noisy[i] = mean[i] + sigma * z[i];
  } else {
    for (let i = 0; i < noisy.length; i++) {
      noisy[i] = mean[i] + Math.exp(logVariance[i] / 2) * z[i];
    }
  }
}
