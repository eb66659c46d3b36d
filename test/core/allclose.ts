import { expect } from 'vitest';

/** Expects |got - expected| <= atol + rtol * |expected| everywhere; says where it is worst. */
export function expectAllclose(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol = 0, atol = 0 }: { rtol?: number; atol?: number },
): void {
  expect(got.length).toBe(expected.length);
  let worst = { excess: -Infinity, at: -1 };
  for (let i = 0; i < expected.length; i++) {
    const excess = Math.abs(got[i] - expected[i]) - (atol + rtol * Math.abs(expected[i]));
    if (!(excess <= worst.excess)) worst = { excess, at: i };
  }
  const { excess, at } = worst;
  if (excess <= 0 || at < 0) return;
  expect.fail(`at ${at}: got ${got[at]}, expected ${expected[at]}, ${excess} beyond the tolerance`);
}
