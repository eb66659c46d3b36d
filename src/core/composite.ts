/** Known pixels and keep masks on planar tensors. */
import type { ImageShape } from './network.js';

/**
 * Spreads values given for one plane, one image or one plane per image over the whole batch.
 * Shapes: values [H*W], [C*H*W], [N*H*W] or [N*C*H*W]; returns [N*C*H*W].
 * Throws: RangeError for any other length.
 */
export function spreadOverBatch(
  values: Float32Array,
  shape: ImageShape,
  name: string,
): Float32Array {
  const [n, c, h, w] = shape;
  const plane = h * w;
  if (values.length === n * c * plane) return values.slice();
  const spread = new Float32Array(n * c * plane);
  const planesPerImage = values.length === c * plane ? c : 1;
  const isShared = values.length === plane || values.length === c * plane;
  if (!isShared && values.length !== n * plane) {
    throw new RangeError(
      `${name} must hold one plane, one image, a plane per image or [${shape.join(', ')}], got ${values.length} values`,
    );
  }
  for (let k = 0; k < n * c; k++) {
    const from = isShared ? (k % c) % planesPerImage : Math.floor(k / c);
    spread.set(values.subarray(from * plane, (from + 1) * plane), k * plane);
  }
  return spread;
}

/**
 * Returns keepMask * known + (1 - keepMask) * x0, with known pixels exact where keepMask is 1.
 * Shapes: x0 [N*C*H*W]; known and keepMask as `spreadOverBatch` takes them. Units: [-1, 1].
 * Source: the last line Algorithm 1 implies; the authors' code leaves it out (docs/sampler.md).
 */
export function compositeKnown(
  x0: Float32Array,
  known: Float32Array,
  keepMask: Float32Array,
  shape: ImageShape,
): Float32Array {
  const source = spreadOverBatch(known, shape, 'known');
  const keep = spreadOverBatch(keepMask, shape, 'keepMask');
  return x0.map((x, i) =>
    keep[i] === 1 ? source[i] : keep[i] === 0 ? x : keep[i] * source[i] + (1 - keep[i]) * x,
  );
}
