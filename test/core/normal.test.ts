/** The engine's own logarithm, sine and cosine as oracle: they may differ in float64's last bit. */
import { expect, test } from 'vitest';
import { logOfFraction, normalPair } from '../../src/core/normal.js';

const turns = 2 ** 24;
const pair = new Float32Array(2);

function expectedPair(a: number, b: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log((a + 1) / turns));
  const angle = (2 * Math.PI * b) / turns;
  return [Math.fround(radius * Math.cos(angle)), Math.fround(radius * Math.sin(angle))];
}

test('the logarithm of every fraction is right to the last bits of float64', () => {
  let worst = 0;
  for (let m = 1; m <= turns; m++) {
    worst = Math.max(worst, Math.abs(logOfFraction(m) - Math.log(m / turns)));
  }
  expect(worst).toBeLessThan(2e-15);
});

test('every angle gives the float32 values of the engine’s cosine and sine', () => {
  let different = 0;
  let worst = 0;
  for (let b = 0; b < turns; b++) {
    normalPair(12_345_678 << 8, b << 8, pair, 0);
    const [cos, sin] = expectedPair(12_345_678, b);
    if (pair[0] === cos && pair[1] === sin) continue;
    different++;
    worst = Math.max(worst, Math.abs(pair[0] - cos), Math.abs(pair[1] - sin));
  }
  // Where one of them is 0: the engine's pi is not exact.
  expect(different).toBeLessThanOrEqual(3);
  expect(worst).toBeLessThan(1e-15);
});

test('the ends of the range are finite: u = 1 is 0, u = 2^-24 is 5.77 sigma', () => {
  normalPair(0xffffffff, 0, pair, 0);
  expect(Math.abs(pair[0])).toBe(0);
  normalPair(0, 0, pair, 0);
  expect(pair[0]).toBeCloseTo(Math.sqrt(48 * Math.LN2), 6);
});

test('an odd length leaves what comes after alone', () => {
  const one = new Float32Array(1);
  normalPair(1 << 20, 1 << 30, one, 0);
  expect(one[0]).not.toBe(0);
});
