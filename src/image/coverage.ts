/** Operations on a selection's coverage: union, bounds, growth and the feather inside its edge. */
import { squaredDistancesWithin } from './distance.js';
import { widen, type Rect } from './geometry.js';
import { cropCoverage } from './planar.js';
import type { Coverage } from './raster.js';

function checkSameSize(a: Coverage, b: Coverage): void {
  if (a.width !== b.width || a.height !== b.height)
    throw new RangeError(
      `coverages must be equal in size, got ${a.width} x ${a.height} and ${b.width} x ${b.height}`,
    );
}

/**
 * Unites two coverages by adding them up, at most 255: shapes that share an edge between pixels
 * leave no line there. Where two edges lie on the same pixel the sum rounds up, by under a pixel.
 * Throws: RangeError when the sizes differ.
 */
export function unite(a: Coverage, b: Coverage): Coverage {
  checkSameSize(a, b);
  return { ...a, data: a.data.map((value, i) => Math.min(255, value + b.data[i])) };
}

/** Intersects two coverages by their minimum. Throws: RangeError when the sizes differ. */
export function clipTo(a: Coverage, b: Coverage): Coverage {
  checkSameSize(a, b);
  return { ...a, data: a.data.map((value, i) => Math.min(value, b.data[i])) };
}

/** Returns the bounds of every pixel that is touched at all, or null when none is. */
export function coverageBounds({ width, height, data }: Coverage): Rect | null {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** True when no pixel is left to continue from. */
export function coversEverything({ data }: Coverage): boolean {
  return data.every((value) => value === 255);
}

/** Turns a selection round: what was kept is filled. */
export function invertCoverage({ data, ...size }: Coverage): Coverage {
  return { ...size, data: data.map((value) => 255 - value) };
}

/** Returns the part of the picture that is covered, 0..1; a pixel counts with its coverage. */
export function coveredShare({ data }: Coverage): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  return sum / 255 / data.length;
}

/** A step across the middle of an edge above this is a hard edge: antialiased, resized or JPEG's. */
const hardStep = 100;

/**
 * True when the edges of a selection are painted soft, so that its coverage is its feather already.
 * Told by the median step from a pixel at or above half to a neighbour below it: 128 and more at an
 * antialiased edge, about 240 / sigma at one that was blurred.
 */
export function hasSoftEdges({ width, height, data }: Coverage, leastStep = hardStep): boolean {
  const steps = new Uint32Array(256);
  let edges = 0;
  const look = (a: number, b: number) => {
    if (a >= 128 === b >= 128) return;
    steps[Math.abs(a - b)]++;
    edges++;
  };
  for (let i = 0, y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (x + 1 < width) look(data[i], data[i + 1]);
      if (y + 1 < height) look(data[i], data[i + width]);
    }
  }
  // Never above half: nothing but faint paint, unless its own edge is a step.
  if (edges === 0) return data.some((value) => value > 0 && value < 128);
  let seen = 0;
  for (let step = 0; step < leastStep; step++) seen += steps[step];
  return seen > edges / 2;
}

/**
 * Grows a selection by a disc: each pixel gets the largest coverage within the radius, so a hard edge
 * moves outwards as it is and a soft one with its slope. Units: pixels, from the pixel's own border.
 * Throws: RangeError for a negative radius.
 */
export function growCoverage(selection: Coverage, growPx: number): Coverage {
  if (!(growPx >= 0)) throw new RangeError(`growPx must be 0 or more, got ${growPx}`);
  const bounds = coverageBounds(selection);
  if (growPx === 0 || !bounds) return selection;
  const near = widen(bounds, growReach(growPx), selection);
  const grown = dilate(cropCoverage(selection, near), growPx + 0.5);
  const data = selection.data.slice();
  for (let y = 0; y < near.height; y++) {
    const row = grown.subarray(y * near.width, (y + 1) * near.width);
    data.set(row, (near.y + y) * selection.width + near.x);
  }
  return { ...selection, data };
}

/** How many whole pixels beyond its bounds a grown selection may reach. */
export function growReach(growPx: number): number {
  return growPx === 0 ? 0 : Math.floor(growPx + 0.5);
}

/** The largest coverage within a radius, level by level: what lies between two counts as the lower. */
function dilate(part: Coverage, radius: number): Uint8Array {
  const out = part.data.slice();
  for (const level of levelsOf(part)) {
    const distances = squaredDistancesWithin(radius, part, (i) => part.data[i] >= level);
    for (let i = 0; i < out.length; i++) {
      if (out[i] < level && distances[i] <= radius * radius) out[i] = level;
    }
  }
  return out;
}

/** All levels where they are few, as in a shape without antialiasing; else enough for its edges. */
function levelsOf(part: Coverage): readonly number[] {
  const present = new Set(part.data);
  present.delete(0);
  if (present.size <= 4) return [...present];
  const steps = hasSoftEdges(part) ? 16 : 4;
  return Array.from({ length: steps }, (_, k) => Math.round((255 * (k + 1)) / steps));
}

/**
 * Returns the selection's opacity as a layer. A hard edge fades in over `feather` pixels inside it
 * (smoothstep); where the coverage itself rises more slowly, as in a soft mask, it is followed as it
 * is, never faded twice. The image's own border is no edge. A region too thin for the feather gets
 * one of half its depth, so that its middle is opaque.
 * Shapes: returns [height*width], 0..1.
 */
export function featherInside({ data, width, height }: Coverage, feather: number): Float32Array {
  const alpha = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) alpha[i] = data[i] / 255;
  if (!(feather > 0)) return alpha;
  // Twice the feather is as deep as it matters.
  const distances = squaredDistancesWithin(2 * feather, { width, height }, (i) => data[i] === 0);
  const ramp = Math.min(feather, Math.sqrt(largest(distances)) / 2) + 0.5;
  for (let i = 0; i < data.length; i++) {
    if (distances[i] >= ramp * ramp) continue;
    alpha[i] = Math.min(alpha[i], smoothstep(Math.sqrt(distances[i]) / ramp));
  }
  return alpha;
}

function largest(values: Uint32Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  return most;
}

function smoothstep(t: number): number {
  const x = Math.min(1, Math.max(0, t));
  return x * x * (3 - 2 * x);
}
