/**
 * Made-up weights for any network: tests and benchmarks run real graphs of any size with no file.
 */
import { elementCount, type Tensor } from './checkpoint.js';
import type { TensorSource } from './nn/weights.js';

/** FNV-1a, so that each tensor's numbers depend on its name and not on the order of reading. */
function hash(text: string, seed: number): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}

/** mulberry32: small, fast, plenty for weights. Returns numbers in [0, 1). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Norm weights lie around 1, biases are small, other weights keep a signal's variance. */
function randomValues(name: string, shape: readonly number[], seed: number): Float32Array {
  const next = uniform(hash(name, seed));
  const fanIn = elementCount(shape.slice(1));
  const isNormWeight = shape.length === 1 && name.endsWith('weight');
  const centre = isNormWeight ? 1 : 0;
  const spread = shape.length === 1 ? 0.1 : Math.sqrt(3 / fanIn);
  const values = new Float32Array(elementCount(shape));
  for (let i = 0; i < values.length; i++) values[i] = centre + spread * (2 * next() - 1);
  return values;
}

/** Gives every tensor a network asks for, made from the seed and the tensor's name. */
export function randomSource(seed: number): TensorSource {
  const find = (name: string, shape: readonly number[]): Tensor => ({
    name,
    dtype: 'F32',
    shape,
    values: async () => randomValues(name, shape, seed),
  });
  return { find, has: () => false };
}
