/** Pseudo-random numbers in 0..1 from a multiplicative generator (Lehmer, 48271): runs repeat. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}
