/** What a picture looks like across a line or an arc: means along strips of known pixels. */
import { follow, type Course } from './arcs.js';
import type { PlanarImage } from '../image/planar.js';

/** Writes a picture's colour between its pixels; false where a pixel around is not known. */
export type Sampler = (x: number, y: number, colour: Float64Array) => boolean;

/** Bilinear. Shapes: keepMask [H*W], 1 = known; colour [3]. */
export function knownSampler(known: PlanarImage, keepMask: Float32Array): Sampler {
  const { width, height, data } = known;
  return (x, y, colour) => {
    const [u, v] = [Math.floor(x), Math.floor(y)];
    if (u < 0 || v < 0 || u + 1 >= width || v + 1 >= height) return false;
    const i = v * width + u;
    if (keepMask[i] + keepMask[i + 1] + keepMask[i + width] + keepMask[i + width + 1] < 4)
      return false;
    const [a, b] = [x - u, y - v];
    for (let c = 0, at = i; c < 3; c++, at += width * height) {
      const above = data[at] + a * (data[at + 1] - data[at]);
      const below = data[at + width] + a * (data[at + width + 1] - data[at + width]);
      colour[c] = above + b * (below - above);
    }
    return true;
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
 * Measures a strip along a course; what is across grows to its right. Units: pixels.
 * Returns: null where too little of it is known.
 */
export function measureStrip(sample: Sampler, course: Course, length: number): Strip | null {
  const sums = new Float64Array(3 * side);
  const squares = new Float64Array(3 * side);
  const counts = new Float64Array(side);
  const colour = new Float64Array(3);
  follow(course, length, (middleX, middleY, dx, dy) => {
    for (let k = 0; k < side; k++) {
      const [x, y] = [middleX - (k - radius) * dy, middleY + (k - radius) * dx];
      if (!sample(x, y, colour)) continue;
      counts[k]++;
      for (let c = 0; c < 3; c++) {
        sums[c * side + k] += colour[c];
        squares[c * side + k] += colour[c] * colour[c];
      }
    }
  });
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
/**
 * Thin lines cross things of different shades, which count less than other differences; what bends
 * is mostly an object's outline, whose shade stays.
 */
const shadeWeights = { straight: 1 / 16, bent: 1 / 4 };

/** How much more one strip varies across than along. */
export function stripEvidence({ profile, along }: Strip): number {
  return contrast(profile) / (along + noise);
}

/** Made anew at each comparison, of which there are many. */
const both = new Float64Array(3 * side);

/** How surely two strips are of one line: by what is across both against all that differs. */
export function lineEvidence(a: Strip, b: Strip, form: keyof typeof shadeWeights): number {
  let [apart, shade] = [0, 0];
  for (let j = 0; j < both.length; j++) {
    both[j] = (a.profile[j] + b.profile[j]) / 2;
    apart += (a.profile[j] - b.profile[j]) ** 2 / (4 * both.length);
  }
  for (let c = 0; c < 3; c++) shade += (a.mean[c] - b.mean[c]) ** 2 / 12;
  return contrast(both) / ((a.along + b.along) / 2 + apart + shadeWeights[form] * shade + noise);
}
