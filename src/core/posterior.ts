/** The arithmetic of one reverse step on planar tensors: x0Hat, mean and variance. */
import type { DynamicThreshold } from './diffusion.js';
import type { ImageShape } from './network.js';
import type { StepCoefficients, StepVariance } from './step-coefficients.js';

/** The posterior of one step for a batch. Shapes: each [N*C*H*W]. */
export interface StepMoments {
  readonly mean: Float32Array;
  readonly logVariance: Float32Array;
  readonly x0Hat: Float32Array;
}

/** Room for the moments of a batch. Shapes: each [length]. */
export function emptyMoments(length: number): StepMoments {
  return {
    mean: new Float32Array(length),
    logVariance: new Float32Array(length),
    x0Hat: new Float32Array(length),
  };
}

/**
 * Splits a network output into the first C channels and, if there are 2C, the rest: views of it for
 * one image, copies for several.
 * Shapes: out [N, C or 2C, H, W]; returns two of [N, C, H, W]. Throws: RangeError for other sizes.
 */
export function splitOutput(
  out: Float32Array,
  shape: ImageShape,
): { prediction: Float32Array; learned: Float32Array | null } {
  const size = shape[1] * shape[2] * shape[3];
  const total = shape[0] * size;
  if (out.length === total) return { prediction: out, learned: null };
  if (out.length !== 2 * total) {
    throw new RangeError(
      `network output must hold ${total} or ${2 * total} values for [${shape.join(', ')}], got ${out.length}`,
    );
  }
  if (shape[0] === 1) return { prediction: out.subarray(0, size), learned: out.subarray(size) };
  const prediction = new Float32Array(total);
  const learned = new Float32Array(total);
  for (let n = 0; n < shape[0]; n++) {
    prediction.set(out.subarray(2 * n * size, (2 * n + 1) * size), n * size);
    learned.set(out.subarray((2 * n + 1) * size, (2 * n + 2) * size), n * size);
  }
  return { prediction, learned };
}

/** q-quantile with linear interpolation, as torch.quantile. */
function quantile(values: Float32Array, q: number): number {
  const sorted = values.slice().sort();
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

/** Bounds each image by its own quantile. Source: Imagen section 2.3, diffusers' limits. */
function applyThreshold(x0Hat: Float32Array, images: number, threshold: DynamicThreshold): void {
  const size = x0Hat.length / images;
  for (let n = 0; n < images; n++) {
    const image = x0Hat.subarray(n * size, (n + 1) * size);
    const bound = Math.min(
      Math.max(quantile(image.map(Math.abs), threshold.ratio), 1),
      threshold.maxValue,
    );
    image.forEach((value, i) => (image[i] = Math.min(Math.max(value, -bound), bound) / bound));
  }
}

/**
 * Clamps to +-bound without a branch: which values lie outside follows no pattern, and a branch
 * that cannot be foreseen costs five times the rest. Exact for any float32 up to 2^29 * bound.
 */
function clamp(values: Float32Array, bound: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const above = value - bound;
    const below = -bound - value;
    values[i] = value - (above + Math.abs(above) - (below + Math.abs(below))) / 2;
  }
}

/**
 * Writes the bounded prediction of the clean image, each operation rounded to float32 as in the
 * official code: near the noisiest label two terms of some 157 |x| cancel, so rounding shows.
 * Shapes: each [N*C*H*W].
 */
function predictX0(
  c: StepCoefficients,
  xt: Float32Array,
  prediction: Float32Array,
  images: number,
  x0Hat: Float32Array,
): void {
  const { fround } = Math;
  const fromXt = fround(c.x0FromXt);
  const fromOutput = fround(c.x0FromOutput);
  for (let i = 0; i < x0Hat.length; i++) {
    x0Hat[i] = fround(fromXt * xt[i]) + fround(fromOutput * prediction[i]);
  }
  if (c.clipRange !== null) clamp(x0Hat, c.clipRange);
  if (c.threshold) applyThreshold(x0Hat, images, c.threshold);
}

/** Shapes: each [N*C*H*W]. Throws: RangeError when a learned variance is asked of C channels. */
function fillLogVariance(
  variance: StepVariance,
  learned: Float32Array | null,
  logVariance: Float32Array,
): void {
  if (variance.kind === 'fixed') {
    logVariance.fill(variance.logVariance);
    return;
  }
  if (!learned) {
    throw new RangeError(
      `variance type ${variance.kind} needs a network with 2C output channels, got C`,
    );
  }
  if (variance.kind === 'learned') {
    logVariance.set(learned);
    return;
  }
  const { minLog, maxLog } = variance;
  for (let i = 0; i < logVariance.length; i++) {
    const w = (learned[i] + 1) / 2;
    logVariance[i] = w * maxLog + (1 - w) * minLog;
  }
}

/** The variance itself, exact where it is fixed. Shapes: [N*C*H*W]. */
export function varianceOf(variance: StepVariance, logVariance: Float32Array): Float32Array {
  const values = new Float32Array(logVariance.length);
  if (variance.kind === 'fixed') return values.fill(variance.variance);
  for (let i = 0; i < values.length; i++) values[i] = Math.exp(logVariance[i]);
  return values;
}

/**
 * Returns mean, log-variance and predicted clean image of p(x_{t-1} | x_t), before guidance,
 * written into `moments`.
 * Shapes: xt [N*C*H*W], out [N, C or 2C, H, W].
 * Throws: RangeError when a learned variance is asked of C channels.
 * Source: guided-diffusion `p_mean_variance`.
 */
export function stepMoments(
  c: StepCoefficients,
  xt: Float32Array,
  out: Float32Array,
  shape: ImageShape,
  moments: StepMoments = emptyMoments(xt.length),
): StepMoments {
  const { prediction, learned } = splitOutput(out, shape);
  const { mean, logVariance, x0Hat } = moments;
  fillLogVariance(c.variance, learned, logVariance);
  predictX0(c, xt, prediction, shape[0], x0Hat);
  const { meanFromX0, meanFromXt, meanFromOutput } = c;
  for (let i = 0; i < mean.length; i++) {
    mean[i] = meanFromX0 * x0Hat[i] + meanFromXt * xt[i] + meanFromOutput * prediction[i];
  }
  return moments;
}
