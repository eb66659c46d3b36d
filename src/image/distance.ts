/** Exact Euclidean distances up to a radius, by columns and then rows; farther pixels cost nothing. */
import type { Size } from './geometry.js';

/** Rows to the nearest set pixel of the same column, at most `reach`. */
function columnDistances(
  { width, height }: Size,
  set: (index: number) => boolean,
  reach: number,
): Uint16Array {
  const rows = new Uint16Array(width * height);
  for (let i = 0; i < rows.length; i++) {
    const above = i < width ? reach : rows[i - width];
    rows[i] = set(i) ? 0 : Math.min(reach, above + 1);
  }
  for (let i = rows.length - width - 1; i >= 0; i--) {
    rows[i] = Math.min(rows[i], rows[i + width] + 1);
  }
  return rows;
}

/** Squared distance of one pixel, by columns outwards until a nearer one is impossible. */
function nearestSquared(line: Uint16Array, x: number, limit: number): number {
  let best = Math.min(limit, line[x] * line[x]);
  for (let step = 1; step * step < best; step++) {
    const left = x >= step ? line[x - step] : line[x];
    const right = x + step < line.length ? line[x + step] : line[x];
    const rows = left < right ? left : right;
    best = Math.min(best, rows * rows + step * step);
  }
  return best;
}

/** Marks the pixels of a row that have a column within reach. */
function markNear(line: Uint16Array, reach: number, isNear: Uint8Array): void {
  isNear.fill(0);
  for (let x = 0, end = 0; x < line.length; x++) {
    if (line[x] < reach) end = x + reach;
    if (x < end) isNear[x] = 1;
  }
  for (let x = line.length - 1, end = x; x >= 0; x--) {
    if (line[x] < reach) end = x - reach;
    if (x > end) isNear[x] = 1;
  }
}

/**
 * Returns each pixel's squared distance to the nearest one that is `set`, centre to centre, exact
 * up to `radius`, and some number larger than radius squared beyond.
 * Shapes: returns [height*width]. Units: pixels squared; radius in pixels.
 * Source: Saito and Toriwaki 1994, whose row pass is left out where nothing is within the radius.
 */
export function squaredDistancesWithin(
  radius: number,
  size: Size,
  set: (index: number) => boolean,
): Uint32Array {
  const { width, height } = size;
  const reach = Math.min(Math.floor(radius), width + height) + 1;
  const rows = columnDistances(size, set, reach);
  const out = new Uint32Array(rows.length).fill(reach * reach);
  const isNear = new Uint8Array(width);
  for (let start = 0; start < rows.length; start += width) {
    const line = rows.subarray(start, start + width);
    markNear(line, reach, isNear);
    for (let x = 0; x < width; x++) {
      if (line[x] === 0) out[start + x] = 0;
      else if (isNear[x]) out[start + x] = nearestSquared(line, x, reach * reach);
    }
  }
  return out;
}
