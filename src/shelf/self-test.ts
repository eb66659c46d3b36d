/**
 * Tells a network that works from one whose config was guessed wrong: weights fit many wrong
 * configs (order of sines, noise schedule, head count), and the only sign is a bad prediction.
 */
import { trainingAlphasCumprod } from '../core/diffusion.js';
import type { Network } from '../core/network.js';
import { PhiloxNoise } from '../core/noise.js';
import type { PlanarImage } from '../image/planar.js';
import { RepaintError } from '../protocol/failure.js';
import type { ModelCard } from '../protocol/model-card.js';
import { expectNotCancelled, type CancelSignal } from './read/unusable.js';

/**
 * Noise levels tried, as alpha-bar, and the share of the noise's power that a prediction may miss.
 * garden-64 misses 0.08 and 0.03; with sines and cosines swapped 0.98 and 0.11, with a linear
 * schedule 0.18 and 0.13, with noise for velocity 0.12 and 0.29. Larger networks miss less.
 */
export const selfTestLevels = [
  { alphaBar: 0.9, allowed: 0.3 },
  { alphaBar: 0.5, allowed: 0.1 },
] as const;

/** How one noise level went. */
export interface SelfTestLevel {
  readonly timestep: number;
  /** Mean square error of the predicted noise; 1 = as good as no prediction. */
  readonly missed: number;
  readonly allowed: number;
}

function nearestTimestep(alphasCumprod: Float64Array, alphaBar: number): number {
  const distances = alphasCumprod.map((alpha) => Math.abs(alpha - alphaBar));
  return distances.indexOf(distances.reduce((a, b) => Math.min(a, b)));
}

type Predicted = ModelCard['diffusion']['predictionType'];

/** Turns what the network says about xt at alpha-bar a into the noise it implies. */
function impliedNoise(type: Predicted, a: number): (out: number, xt: number) => number {
  switch (type) {
    case 'epsilon':
      return (out) => out;
    case 'sample':
      return (out, xt) => (xt - Math.sqrt(a) * out) / Math.sqrt(1 - a);
    case 'v_prediction':
      return (out, xt) => Math.sqrt(a) * out + Math.sqrt(1 - a) * xt;
  }
  return type satisfies never;
}

/** What the network is told at a step of the chain it was trained on. */
function toldTimestep({ diffusion }: ModelCard, timestep: number): number {
  const { rescaleTimesteps, numTrainTimesteps } = diffusion;
  return rescaleTimesteps ? (timestep * 1000) / numTrainTimesteps : timestep;
}

/** Any class will do at these levels; "no class" where there is one. */
function someLabel(card: ModelCard): Int32Array | null {
  if (card.classes.length === 0) return null;
  return Int32Array.of(card.nullClassLabel ?? card.classes[0].label);
}

/** Noises one photo to a timestep, asks the network, and returns the mean square error. */
async function missedNoise(
  card: ModelCard,
  network: Network,
  photo: PlanarImage,
  { timestep, a }: { readonly timestep: number; readonly a: number },
): Promise<number> {
  const { data: x0, width, height } = photo;
  const eps = new Float32Array(x0.length);
  new PhiloxNoise([1]).fill({ purpose: 'start', transition: 0 }, 0, eps);
  const xt = x0.map((value, i) => Math.sqrt(a) * value + Math.sqrt(1 - a) * eps[i]);
  const out = await network.predict({
    xt,
    shape: [1, 3, height, width],
    timestep: toldTimestep(card, timestep),
    classLabels: someLabel(card),
  });
  const noise = impliedNoise(card.diffusion.predictionType, a);
  const errors = eps.map((value, i) => (noise(out[i], xt[i]) - value) ** 2);
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

export interface SelfTestOptions {
  /** `done` and `total` are network calls. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: CancelSignal;
}

/**
 * Noises photos, asks the network for the noise, and measures what it misses.
 * Shapes: photos are RGB of the card's nativeSize, in [-1, 1].
 * Throws: RepaintError cancelled; what the network throws.
 */
export async function selfTest(
  card: ModelCard,
  network: Network,
  photos: readonly PlanarImage[],
  { onProgress, signal }: SelfTestOptions = {},
): Promise<SelfTestLevel[]> {
  const alphasCumprod = trainingAlphasCumprod(card.diffusion);
  const levels: SelfTestLevel[] = [];
  let calls = 0;
  for (const { alphaBar, allowed } of selfTestLevels) {
    const timestep = nearestTimestep(alphasCumprod, alphaBar);
    const at = { timestep, a: alphasCumprod[timestep] };
    let missed = 0;
    for (const photo of photos) {
      expectNotCancelled(signal);
      missed += (await missedNoise(card, network, photo, at)) / photos.length;
      onProgress?.(++calls, selfTestLevels.length * photos.length);
    }
    levels.push({ timestep, missed, allowed });
  }
  return levels;
}

/** Throws: RepaintError selfTestFailed when a level missed more than it may, or is not a number. */
export function expectNoisePrediction(levels: readonly SelfTestLevel[]): void {
  const failed = levels.find(({ missed, allowed }) => !(missed <= allowed));
  if (!failed) return;
  throw new RepaintError(
    'selfTestFailed',
    `The network misses ${(100 * failed.missed).toFixed(0)} % of the noise on sample photos ` +
      `(timestep ${failed.timestep}), ${100 * failed.allowed} % is allowed; the config is probably ` +
      'wrong: check it, and the noise schedule.',
  );
}
