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

/** Taps of one output pixel: source indices (edge clamped) and weights that add up to 1. */
interface Taps {
  readonly indices: Int32Array;
  readonly weights: Float64Array;
}

/** The kernel is widened when shrinking, so that nothing aliases. */
function tapsFor(from: number, to: number): Taps[] {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  return Array.from({ length: to }, (_, at) => {
    const centre = (at + 0.5) * scale - 0.5;
    const first = Math.ceil(centre - 2 * stretch);
    const last = Math.floor(centre + 2 * stretch);
    const count = last - first + 1;
    const weights = Float64Array.from({ length: count }, (__, k) =>
      cubic((first + k - centre) / stretch),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    const indices = Int32Array.from({ length: count }, (__, k) =>
      Math.min(from - 1, Math.max(0, first + k)),
    );
    return { indices, weights: weights.map((weight) => weight / sum) };
  });
}

/** A line of values in an array: where it starts and how far apart its values lie. */
interface Line {
  readonly start: number;
  readonly step: number;
}

function resampleLine(
  source: ArrayLike<number>,
  from: Line,
  taps: readonly Taps[],
  out: Float32Array,
  to: Line,
): void {
  for (let at = 0; at < taps.length; at++) {
    const { indices, weights } = taps[at];
    let sum = 0;
    for (let k = 0; k < indices.length; k++) {
      sum += weights[k] * source[from.start + from.step * indices[k]];
    }
    out[to.start + to.step * at] = sum;
  }
}

function resizeRows(image: PlanarImage, taps: readonly Taps[]): PlanarImage {
  const width = taps.length;
  const lines = image.channels * image.height;
  const data = new Float32Array(lines * width);
  for (let line = 0; line < lines; line++) {
    const from = { start: line * image.width, step: 1 };
    resampleLine(image.data, from, taps, data, { start: line * width, step: 1 });
  }
  return { ...image, width, data };
}

function resizeColumns(image: PlanarImage, taps: readonly Taps[]): PlanarImage {
  const { width, channels } = image;
  const height = taps.length;
  const data = new Float32Array(channels * width * height);
  for (let c = 0; c < channels; c++) {
    for (let x = 0; x < width; x++) {
      const from = { start: c * width * image.height + x, step: width };
      resampleLine(image.data, from, taps, data, { start: c * width * height + x, step: width });
    }
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

/**
 * Converts 8-bit pixels to planar RGB at another size, without a float copy of the original.
 * Alpha is ignored, as in `planarFromRgba`. Units: 0..255 -> [-1, 1].
 * Throws: RangeError for a size that is not whole pixels.
 */
export function planarAtSize(image: RgbaImage, size: Size): PlanarImage {
  checkSize(size);
  const columns = tapsFor(image.width, size.width);
  const lines = new Float32Array(3 * image.height * size.width);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < image.height; y++) {
      const from = { start: 4 * y * image.width + c, step: 4 };
      const to = { start: (c * image.height + y) * size.width, step: 1 };
      resampleLine(image.data, from, columns, lines, to);
    }
  }
  const stretched = { width: size.width, height: image.height, channels: 3, data: lines };
  const resized = resizeColumns(stretched, tapsFor(image.height, size.height));
  return { ...resized, data: resized.data.map((v) => Math.min(1, Math.max(-1, v / 127.5 - 1))) };
}

/**
 * Returns the keep mask of a selection at another size: 1 where a pixel is wholly known.
 * A pixel that the selection touches anywhere is generated, so nothing of it leaks into the known.
 * Shapes: returns [height*width], values 0 and 1.
 */
export function keepMaskAtSize(selection: Coverage, { width, height }: Size): Float32Array {
  const keepMask = new Float32Array(width * height).fill(1);
  for (let y = 0; y < selection.height; y++) {
    for (let x = 0; x < selection.width; x++) {
      if (selection.data[y * selection.width + x] === 0) continue;
      const rows = touched(y, selection.height, height);
      const columns = touched(x, selection.width, width);
      for (let v = rows.first; v <= rows.last; v++) {
        for (let u = columns.first; u <= columns.last; u++) keepMask[v * width + u] = 0;
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
