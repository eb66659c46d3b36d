/** Seeds of the fills: 32-bit whole numbers, so that one can be read out and typed again. */

/** Draws seeds that have not been used yet. Returns: whole numbers in 0..2^32-1. */
export function randomSeeds(count: number): number[] {
  return Array.from(crypto.getRandomValues(new Uint32Array(count)));
}

/** Returns `first` and the seeds after it, from 2^32-1 on to 0. */
export function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (first + i) % 2 ** 32);
}
