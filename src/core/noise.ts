/**
 * Where the walk's noise comes from. The counter layout below is a contract: the GPU computes the
 * same numbers in a shader.
 *
 * Draw of image n at element i (i = index in [C, H, W], the same for any batch):
 *   key     = (seed low word, seed high word) of image n
 *   counter = (i >> 2, transition, purpose code, level)
 *   words   = Philox4x32-10(counter, key); word pair p = (i >> 1) & 1 is (a, b) = words[2p, 2p+1]
 *   u = ((a >> 8) + 1) / 2^24 in (0, 1];  v = (b >> 8) / 2^24 in [0, 1): both exact in float32
 *   z = sqrt(-2 ln u) * (i even ? cos(2 pi v) : sin(2 pi v))
 * Evaluated in float64 here and rounded once. In float32 keep ln accurate near u = 1 (a series in
 * (m - 1) / (m + 1)) and reduce v to an octant by its integer bits: WGSL's own cos is good to
 * 2^-11 only.
 */
import { philox4x32 } from './philox.js';
import { quickNormalPair } from './quick-normal.js';

/** What a draw is for; the code is word 2 of the counter. */
export const noisePurposes = { start: 0, step: 1, known: 2, renoise: 3, restart: 4 } as const;
export type NoisePurpose = keyof typeof noisePurposes;

/** Names one tensor of noise within a level. */
export interface NoiseDraw {
  readonly purpose: NoisePurpose;
  /** Index of the transition it belongs to; 0 for `start`. */
  readonly transition: number;
}

/** Gives standard normal noise by name, so that recorded noise can stand in for tests. */
export interface NoiseSource {
  /**
   * Fills `out` with the noise of one image of the batch. Elements whose `wanted` is 0 may be left
   * as they are. Shapes: out and, where given, wanted [C*H*W].
   */
  fill(draw: NoiseDraw, image: number, out: Float32Array, wanted?: Uint8Array): void;
}

/** A 32-bit or 64-bit seed. */
export type Seed = number | bigint;

/**
 * Splits a seed into the two key words, low first.
 * Throws: RangeError when it is no integer in 0..2^64-1 (numbers: up to 2^53-1).
 */
export function seedWords(seed: Seed): Uint32Array {
  const isInteger = typeof seed === 'bigint' || Number.isSafeInteger(seed);
  if (!isInteger || seed < 0 || BigInt(seed) >= 1n << 64n) {
    throw new RangeError(`seed must be an integer in 0..2^64-1, got ${String(seed)}`);
  }
  const bits = BigInt(seed);
  return Uint32Array.of(Number(bits & 0xffffffffn), Number(bits >> 32n));
}

/** Elements made at once: two blocks. */
const stride = 8;

function isAnyWanted(wanted: Uint8Array, from: number): boolean {
  const to = Math.min(from + stride, wanted.length);
  for (let i = from; i < to; i++) if (wanted[i] !== 0) return true;
  return false;
}

/** Noise that depends on seed, level, transition, purpose and element, and on nothing else. */
export class PhiloxNoise implements NoiseSource {
  readonly keys: readonly Uint32Array[];

  /** One seed per image of the batch; `level` tells coarse-to-fine levels apart. */
  constructor(
    readonly seeds: readonly Seed[],
    readonly level = 0,
  ) {
    this.keys = seeds.map(seedWords);
  }

  fill(draw: NoiseDraw, image: number, out: Float32Array, wanted?: Uint8Array): void {
    const key = this.keys[image];
    if (!key) throw new RangeError(`there are ${this.keys.length} seeds, none for image ${image}`);
    const counter = Uint32Array.of(0, draw.transition, noisePurposes[draw.purpose], this.level);
    const words = new Int32Array(stride);
    for (let at = 0; at < out.length; at += stride) {
      if (wanted && !isAnyWanted(wanted, at)) continue;
      counter[0] = at >>> 2;
      philox4x32(counter, key, words);
      for (let k = 0; k < stride && at + k < out.length; k += 2) {
        quickNormalPair(words[k], words[k + 1], out, at + k);
      }
    }
  }
}
