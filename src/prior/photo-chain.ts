/** The chain that the photo prior walks, and how much each pixel of a patch counts at a noise level. */
import type { Hints } from './photo-images.js';
import { trainingAlphasCumprod, type DiffusionConfig } from '../core/diffusion.js';

/** The chain of the first level, from pure noise. */
export const photoDiffusion: DiffusionConfig = {
  betaSchedule: 'squaredcos_cap_v2',
  betaStart: 0.0001,
  betaEnd: 0.02,
  numTrainTimesteps: 1000,
  predictionType: 'sample',
  varianceType: 'fixed_small',
  clipDenoised: true,
};

/** The same chain with steps close together where there is little noise: there detail is found. */
export const photoRefineDiffusion: DiffusionConfig = {
  ...photoDiffusion,
  timestepSpacing: 'quadratic',
};

const alphasCumprod = trainingAlphasCumprod(photoDiffusion);

/** A known pixel of a patch counts as this many unknown ones. */
const knownWeight = 20;
/** Sigma of x_t / sqrt(alpha-bar) below which noise says no more: what patches differ by anyway. */
const leastSigma = 0.1;

/** How much a hint of full weight counts, at any noise; units as below: a sigma of 19 of 255 levels. */
const hintWeight = 0.5 / 0.15 ** 2;

/** How much a pixel's squared difference counts. Units: 1 / [-1, 1] squared. */
export interface PatchWeights {
  /** sqrt(alpha-bar): x_t is divided by it. */
  readonly signal: number;
  readonly unknown: number;
  readonly known: number;
}

/**
 * Returns the weights at a base step.
 * Source: the posterior over patches y, exp(-|x_t - a y|^2 / (2 s^2)) with a = sqrt(alpha-bar) and
 * s^2 = 1 - alpha-bar, divided by a. Deviations: s / a never falls below `leastSigma`, and known
 * pixels enter clean and with more weight, so that what is at the edge decides.
 */
export function patchWeights(timestep: number): PatchWeights {
  const alpha = alphasCumprod[Math.round(timestep)];
  const signal = Math.sqrt(alpha);
  const sigma = Math.max(leastSigma, Math.sqrt(1 - alpha) / signal);
  const unknown = 0.5 / (sigma * sigma);
  return { signal, unknown, known: knownWeight * unknown };
}

/**
 * An unknown pixel as patches are compared with it: what x_t says, and what is expected of it
 * (the product of two Gaussians). `at`: its index, of [H*W]; `seen`: of one channel.
 */
export function withHint(
  hints: Hints | null,
  at: number,
  channel: number,
  seen: number,
  weight: number,
): number {
  const extra = hintAt(hints, at);
  if (!hints || extra === 0) return seen;
  const expected = hints.values[channel * hints.weights.length + at];
  return (weight * seen + extra * expected) / (weight + extra);
}

/** How much what is expected of a pixel counts beside x_t. Units: as `PatchWeights`. */
export function hintAt(hints: Hints | null, at: number): number {
  return hints ? hintWeight * hints.weights[at] : 0;
}

/** sqrt(1 - alpha-bar). */
export function noiseSigma(timestep: number): number {
  return Math.sqrt(1 - alphasCumprod[Math.round(timestep)]);
}
