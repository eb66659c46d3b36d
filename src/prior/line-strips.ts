/** What a picture looks like across a straight line: means along strips of known pixels. */
import type { PlanarImage } from '../image/planar.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A colour of a picture between its pixels, -1..1; NaN where a pixel around is not known. */
export type Sampler = (x: number, y: number, channel: number) => number;

/** Bilinear. Shapes: keepMask [H*W], 1 = known. */
export function knownSampler(known: PlanarImage, keepMask: Float32Array): Sampler {
  const { width, height, data } = known;
  return (x, y, channel) => {
    const [u, v] = [Math.floor(x), Math.floor(y)];
    if (u < 0 || v < 0 || u + 1 >= width || v + 1 >= height) return NaN;
    const i = v * width + u;
    if (keepMask[i] + keepMask[i + 1] + keepMask[i + width] + keepMask[i + width + 1] < 4)
      return NaN;
    const [a, b] = [x - u, y - v];
    const at = channel * width * height + i;
    const above = data[at] * (1 - a) + data[at + 1] * a;
    const below = data[at + width] * (1 - a) + data[at + width + 1] * a;
    return above * (1 - b) + below * b;
  };
}

/** Pixels to each side of a strip's middle. */
const radius = 4;
const side = 2 * radius + 1;
/** Of a strip's length: how much of each row must be known. */
const leastKnown = 0.35;

/** Shapes: profile [3 * side], from one side to the other, without its mean; mean [3]. */
export interface Strip {
  readonly profile: Float64Array;
  readonly mean: Float64Array;
  /** Mean square of what differs along its rows. */
  readonly along: number;
}

/**
 * Measures a strip that leaves a point in a direction, a unit vector; what is across grows to its
 * right. Units: pixels. Returns: null where too little of it is known.
 */
export function measureStrip(
  sample: Sampler,
  from: Point,
  [dx, dy]: readonly [number, number],
  length: number,
): Strip | null {
  const sums = new Float64Array(3 * side);
  const squares = new Float64Array(3 * side);
  const counts = new Float64Array(side);
  for (let t = 1; t <= length; t++) {
    for (let k = 0; k < side; k++) {
      const [x, y] = [from.x + t * dx - (k - radius) * dy, from.y + t * dy + (k - radius) * dx];
      if (Number.isNaN(sample(x, y, 0))) continue;
      counts[k]++;
      for (let c = 0; c < 3; c++) {
        const value = sample(x, y, c);
        sums[c * side + k] += value;
        squares[c * side + k] += value * value;
      }
    }
  }
  return counts.some((count) => count < leastKnown * length) ? null : summed(sums, squares, counts);
}

function summed(sums: Float64Array, squares: Float64Array, counts: Float64Array): Strip {
  const mean = new Float64Array(3);
  const profile = sums.map((sum, j) => sum / counts[j % side]);
  let along = 0;
  profile.forEach((value, j) => {
    along += (squares[j] / counts[j % side] - value * value) / profile.length;
    mean[Math.floor(j / side)] += value / side;
  });
  return { profile: profile.map((value, j) => value - mean[Math.floor(j / side)]), mean, along };
}

/** The same strip walked the other way. */
export function turned({ profile, ...rest }: Strip): Strip {
  const other = (j: number) => j - (j % side) + side - 1 - (j % side);
  return { ...rest, profile: profile.map((_, j) => profile[other(j)]) };
}

/** Squared contrast of a step or a thin line at the middle: what is beside it is another's. */
export function contrast(profile: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < 3; c++) {
    const at = (s: number) => profile[c * side + s + radius];
    const step = (at(1) + at(2) - at(-1) - at(-2)) / 2;
    const ridge = at(0) - (at(-3) + at(3)) / 2;
    sum += Math.max(step * step, ridge * ridge);
  }
  return sum / 6;
}

/** Squared contrast that may be noise; [-1, 1] squared. */
const noise = 0.0006;
/** Thin lines cross things of different shades: these count less than other differences. */
const shadeWeight = 1 / 16;

/** How much more one strip varies across than along. */
export function stripEvidence({ profile, along }: Strip): number {
  return contrast(profile) / (along + noise);
}

/** How surely two strips are of one line: by what is across both against all that differs. */
export function lineEvidence(a: Strip, b: Strip): number {
  let apart = 0;
  const mean = a.profile.map((value, j) => {
    apart += (value - b.profile[j]) ** 2 / (4 * a.profile.length);
    return (value + b.profile[j]) / 2;
  });
  const shade = a.mean.reduce((sum, value, c) => sum + (value - b.mean[c]) ** 2 / 12, 0);
  return contrast(mean) / ((a.along + b.along) / 2 + apart + shadeWeight * shade + noise);
}
