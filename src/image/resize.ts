/** Separable resampling with pixel centres where they belong, for any size. */
import type { Rect, Size } from './geometry.js';
import type { PlanarImage } from './planar.js';
import type { Coverage, RgbaImage } from './raster.js';

/** Catmull-Rom cubic (Keys 1981, a = -0.5): interpolates, reproduces linear ramps. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  if (t < 2) return ((-0.5 * t + 2.5) * t - 4) * t + 2;
  return 0;
}

/** Taps of one output pixel: consecutive source pixels and weights that add up to 1. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** The kernel is widened when shrinking, so that nothing aliases; beyond the border the edge counts. */
function tapsFor(from: number, to: number): Taps[] {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const clamp = (at: number) => Math.min(from - 1, Math.max(0, at));
  return Array.from({ length: to }, (_, at) => {
    const centre = (at + 0.5) * scale - 0.5;
    const [start, end] = [Math.ceil(centre - 2 * stretch), Math.floor(centre + 2 * stretch)];
    const first = clamp(start);
    const weights = new Float64Array(clamp(end) - first + 1);
    for (let k = start; k <= end; k++) weights[clamp(k) - first] += cubic((k - centre) / stretch);
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** Resamples a row of values. */
function resampleRow(source: Float32Array, taps: readonly Taps[], out: Float32Array): void {
  for (let at = 0; at < taps.length; at++) {
    const { first, weights } = taps[at];
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k] * source[first + k];
    out[at] = sum;
  }
}

function resizeRows(image: PlanarImage, taps: readonly Taps[]): PlanarImage {
  const width = taps.length;
  const lines = image.channels * image.height;
  const data = new Float32Array(lines * width);
  for (let line = 0; line < lines; line++) {
    const source = image.data.subarray(line * image.width, (line + 1) * image.width);
    resampleRow(source, taps, data.subarray(line * width, (line + 1) * width));
  }
  return { ...image, width, data };
}

function addRow(sums: Float64Array, source: Float32Array, start: number, weight: number): void {
  for (let x = 0; x < sums.length; x++) sums[x] += weight * source[start + x];
}

/** Adds up whole rows, as they lie in memory. */
function resizeColumns(image: PlanarImage, taps: readonly Taps[]): PlanarImage {
  const { width, channels } = image;
  const height = taps.length;
  const data = new Float32Array(channels * width * height);
  const sums = new Float64Array(width);
  for (let line = 0; line < channels * height; line++) {
    const { first, weights } = taps[line % height];
    const start = Math.floor(line / height) * image.height + first;
    sums.fill(0);
    for (let k = 0; k < weights.length; k++) {
      addRow(sums, image.data, (start + k) * width, weights[k]);
    }
    for (let x = 0; x < width; x++) data[line * width + x] = sums[x];
  }
  return { ...image, height, data };
}

function checkSize({ width, height }: Size): void {
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1)
      throw new RangeError(`size must be whole pixels of at least 1, got ${width} x ${height}`);
  }
}

/**
 * Resizes a planar image, bicubic (Catmull-Rom), antialiased when shrinking, edges clamped, and
 * returns the window of the result that is asked for, the whole by default.
 * Throws: RangeError for a size that is not whole pixels.
 */
export function resizePlanar(image: PlanarImage, size: Size, window?: Rect): PlanarImage {
  checkSize(size);
  const { x, y, width, height } = window ?? { x: 0, y: 0, ...size };
  const columns = tapsFor(image.width, size.width).slice(x, x + width);
  const rows = tapsFor(image.height, size.height).slice(y, y + height);
  return resizeColumns(resizeRows(image, columns), rows);
}

/** Below this part of the filter's weight nothing is known: no pixel that is kept has so little. */
const leastKnown = 0.1;

/** One row as red, green, blue and what is known of each pixel; the hole's colours become 0. */
function splitRow({ width, data }: RgbaImage, y: number, hole: Coverage | null): Float32Array[] {
  const lines = Array.from({ length: 4 }, () => new Float32Array(width));
  const [red, green, blue, known] = lines;
  for (let x = 0, at = y * width; x < width; x++, at++) {
    if (hole && hole.data[at] !== 0) continue;
    red[x] = data[4 * at];
    green[x] = data[4 * at + 1];
    blue[x] = data[4 * at + 2];
    known[x] = 1;
  }
  return lines;
}

/** Resamples colours and what is known alike. Shapes: returns [4, H, W], colours 0..255 times known. */
function knownAtSize(image: RgbaImage, size: Size, hole: Coverage | null): PlanarImage {
  const { height } = image;
  const columns = tapsFor(image.width, size.width);
  const data = new Float32Array(4 * height * size.width);
  for (let y = 0; y < height; y++) {
    splitRow(image, y, hole).forEach((line, c) => {
      const start = (c * height + y) * size.width;
      resampleRow(line, columns, data.subarray(start, start + size.width));
    });
  }
  const stretched = { width: size.width, height, channels: 4, data };
  return resizeColumns(stretched, tapsFor(height, size.height));
}

/**
 * Converts 8-bit pixels to planar RGB at another size, without a float copy of the original.
 * Alpha is ignored, as in `planarFromRgba`. Nothing of a hole is seen: each pixel is the filter's
 * mean over known pixels only, mid grey where there are hardly any.
 * Shapes: hole of the image's size, known where 0. Units: 0..255 -> [-1, 1].
 * Throws: RangeError for a size that is not whole pixels, or a hole of another size.
 */
export function planarAtSize(
  image: RgbaImage,
  size: Size,
  hole: Coverage | null = null,
): PlanarImage {
  checkSize(size);
  if (hole && (hole.width !== image.width || hole.height !== image.height))
    throw new RangeError(
      `hole must be of the image's ${image.width} x ${image.height} pixels, got ${hole.width} x ${hole.height}`,
    );
  const { width, height, data: sums } = knownAtSize(image, size, hole);
  const plane = width * height;
  const data = new Float32Array(3 * plane);
  for (let i = 0; i < data.length; i++) {
    const known = sums[3 * plane + (i % plane)];
    if (known > leastKnown) data[i] = Math.min(1, Math.max(-1, sums[i] / known / 127.5 - 1));
  }
  return { width, height, channels: 3, data };
}

/**
 * Returns the keep mask of a selection at another size: 1 where a pixel is wholly known.
 * A pixel that the selection touches anywhere is generated, so nothing of it leaks into the known.
 * Shapes: returns [height*width], values 0 and 1.
 */
export function keepMaskAtSize(selection: Coverage, { width, height }: Size): Float32Array {
  const keepMask = new Float32Array(width * height).fill(1);
  const columns = Array.from({ length: selection.width }, (_, x) =>
    touched(x, selection.width, width),
  );
  for (let y = 0; y < selection.height; y++) {
    const rows = touched(y, selection.height, height);
    for (let x = 0; x < selection.width; x++) {
      if (selection.data[y * selection.width + x] === 0) continue;
      const { first, last } = columns[x];
      for (let v = rows.first; v <= rows.last; v++) {
        for (let u = first; u <= last; u++) keepMask[v * width + u] = 0;
      }
    }
  }
  return keepMask;
}

/** Target pixels that source pixel `at` overlaps. */
function touched(at: number, from: number, to: number): { first: number; last: number } {
  return {
    first: Math.floor((at * to) / from),
    last: Math.ceil(((at + 1) * to) / from) - 1,
  };
}
