/**
 * Skies and walls change slowly across a region: a patch from elsewhere has the right grain and the
 * wrong shade. Where the surroundings are that smooth, their trend is taken out before patches are
 * compared and put back afterwards, so that any patch fits anywhere.
 */
import type { PlanarImage } from '../image/planar.js';
import type { Rect } from '../image/geometry.js';
import type { PhotoImages } from './photo-images.js';

/** Terms of a quadratic in x and y. */
const terms = 6;
/** Of the window's longer side: how far around it the trend is looked for, at least 6 pixels. */
const reach = 0.3;
/** Root mean square that a quadratic may leave: some 6 of 255 levels. */
const mostLeft = 0.05;

/** Where a trend was measured, pixels of the picture; beyond it stays as it is at the edge. */
interface Span {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A quadratic for each channel over the picture's pixels, centred and scaled. */
export interface Trend {
  readonly span: Span;
  readonly coefficients: readonly Float64Array[];
  readonly centre: { readonly x: number; readonly y: number };
  readonly scale: number;
}

function basis(trend: Pick<Trend, 'centre' | 'scale'>, x: number, y: number, out: Float64Array) {
  const [u, v] = [(x - trend.centre.x) / trend.scale, (y - trend.centre.y) / trend.scale];
  out[0] = 1;
  out[1] = u;
  out[2] = v;
  out[3] = u * u;
  out[4] = u * v;
  out[5] = v * v;
}

/** Solves the normal equations by elimination; null where they have no one answer. */
function solve(matrix: Float64Array, right: Float64Array): Float64Array | null {
  const a = matrix.slice();
  const b = right.slice();
  for (let k = 0; k < terms; k++) {
    const pivot = a[k * terms + k];
    if (!(pivot > 1e-9 * (1 + matrix[k * terms + k]))) return null;
    for (let row = k + 1; row < terms; row++) {
      const factor = a[row * terms + k] / pivot;
      for (let c = k; c < terms; c++) a[row * terms + c] -= factor * a[k * terms + c];
      b[row] -= factor * b[k];
    }
  }
  for (let k = terms - 1; k >= 0; k--) {
    for (let c = k + 1; c < terms; c++) b[k] -= a[k * terms + c] * b[c];
    b[k] /= a[k * terms + k];
  }
  return b;
}

/** Calls back with the place and index of each known pixel near the window. */
function eachNear(
  { known, keepMask, window }: PhotoImages,
  use: (x: number, y: number, i: number) => void,
): void {
  const margin = Math.max(6, Math.round(reach * Math.max(window.width, window.height)));
  const bottom = Math.min(known.height, window.y + window.height + margin);
  const right = Math.min(known.width, window.x + window.width + margin);
  for (let y = Math.max(0, window.y - margin); y < bottom; y++) {
    for (let x = Math.max(0, window.x - margin); x < right; x++) {
      const i = y * known.width + x;
      if (keepMask[i] === 1) use(x, y, i);
    }
  }
}

/**
 * Fits a quadratic to the known pixels around the window, by least squares.
 * Returns: null where it leaves more than `mostLeft`, so that the surroundings are no slow change.
 */
export function findTrend(images: PhotoImages): Trend | null {
  const { known, window } = images;
  const plane = known.width * known.height;
  const place = {
    centre: { x: window.x + window.width / 2, y: window.y + window.height / 2 },
    scale: Math.max(window.width, window.height),
  };
  const matrix = new Float64Array(terms * terms);
  const rights = [0, 1, 2].map(() => new Float64Array(terms));
  const at = new Float64Array(terms);
  let [count, squares] = [0, 0];
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  eachNear(images, (x, y, i) => {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
    basis(place, x, y, at);
    count++;
    for (let row = 0; row < terms; row++) {
      for (let c = 0; c < terms; c++) matrix[row * terms + c] += at[row] * at[c];
      for (let c = 0; c < 3; c++) rights[c][row] += at[row] * known.data[c * plane + i];
    }
    for (let c = 0; c < 3; c++) squares += known.data[c * plane + i] ** 2;
  });
  if (count < 4 * terms) return null;
  const coefficients = rights.map((right) => solve(matrix, right));
  if (!coefficients.every((found) => found !== null)) return null;
  // |y - A c|^2 = |y|^2 - c . A^T y at the least squares.
  const explained = coefficients.reduce(
    (sum, found, c) => sum + found.reduce((dot, value, k) => dot + value * rights[c][k], 0),
    0,
  );
  const unexplained = Math.sqrt(Math.max(0, squares - explained) / (3 * count));
  const span = { left, top, right, bottom };
  return unexplained <= mostLeft ? { coefficients, ...place, span } : null;
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/**
 * Adds `sign` times the trend to a window of the picture, in a copy. Beside all that is known, where
 * a picture is expanded, a quadratic would run away: there it goes on as it is at the last known place.
 */
export function withTrend(
  image: PlanarImage,
  window: Rect,
  trend: Trend,
  sign: 1 | -1,
): PlanarImage {
  const data = image.data.slice();
  const plane = image.width * image.height;
  const at = new Float64Array(terms);
  const { left, top, right, bottom } = trend.span;
  for (let y = 0; y < image.height; y++) {
    const v = within(window.y + y, top, bottom);
    for (let x = 0; x < image.width; x++) {
      basis(trend, within(window.x + x, left, right), v, at);
      for (let c = 0; c < 3; c++) {
        let value = 0;
        for (let k = 0; k < terms; k++) value += trend.coefficients[c][k] * at[k];
        data[c * plane + y * image.width + x] += sign * value;
      }
    }
  }
  return { ...image, data };
}
