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

/**
 * Grows a selection by a disc. Units: radius in pixels; a pixel within it of a touched one is touched.
 * Throws: RangeError for a negative radius.
 */
export function growCoverage(selection: Coverage, radius: number): Coverage {
  if (!(radius >= 0)) throw new RangeError(`radius must be 0 or more, got ${radius}`);
  const bounds = coverageBounds(selection);
  if (radius === 0 || !bounds) return selection;
  const near = widen(bounds, Math.ceil(radius), selection);
  const { data } = cropCoverage(selection, near);
  const distances = squaredDistancesWithin(radius, near, (i) => data[i] > 0);
  const grown = selection.data.slice();
  for (let y = 0; y < near.height; y++) {
    const row = (near.y + y) * selection.width + near.x;
    for (let x = 0; x < near.width; x++) {
      if (distances[y * near.width + x] <= radius * radius) grown[row + x] = 255;
    }
  }
  return { ...selection, data: grown };
}

/**
 * Returns the selection's opacity as a layer: 0 outside, rising over `feather` pixels inside its
 * edge (smoothstep), opaque from there on. The image's own border is no edge. A region too thin
 * for the feather gets one of half its depth, so that its middle is opaque.
 * Shapes: returns [height*width], 0..1.
 */
export function featherInside({ data, width, height }: Coverage, feather: number): Float32Array {
  const alpha = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) alpha[i] = data[i] / 255;
  if (!(feather > 0)) return alpha;
  // Twice the feather is as deep as it matters.
  const distances = squaredDistancesWithin(2 * feather, { width, height }, (i) => data[i] < 255);
  const ramp = Math.min(feather, Math.sqrt(largest(distances)) / 2) + 0.5;
  const edge = smoothstep(0.5 / ramp);
  for (let i = 0; i < data.length; i++) {
    if (data[i] < 255) alpha[i] *= edge;
    else if (distances[i] < ramp * ramp) alpha[i] = smoothstep(Math.sqrt(distances[i]) / ramp);
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
