/** Seeded draws for masks, resampling and ballots: the same numbers on every machine. */
import { philox4x32 } from '../../core/philox.js';

/** A stream of uniform numbers. */
export interface Random {
  /** In [0, 1), a multiple of 2^-32. */
  next(): number;
  /** An integer of 0..count-1. */
  below(count: number): number;
}

/** A number of 32 bits from a text, so that streams can be named (FNV-1a). */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Opens the stream of a seed and a name; streams of other names are independent. */
export function randomStream(seed: number, name: string): Random {
  const key = new Uint32Array([seed, hashOf(name)]);
  const counter = new Uint32Array(4);
  const block = new Uint32Array(4);
  let used = 4;
  const next = () => {
    if (used === 4) {
      philox4x32(counter, key, block);
      counter[0]++;
      used = 0;
    }
    return block[used++] / 2 ** 32;
  };
  return { next, below: (count) => Math.floor(next() * count) };
}

/** Shuffles in place (Fisher and Yates) and returns the array. */
export function shuffled<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const k = random.below(i + 1);
    [items[i], items[k]] = [items[k], items[i]];
  }
  return items;
}
