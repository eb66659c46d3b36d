/** Oracle: `normalPair`, bit for bit. */
import { expect, test } from 'vitest';
import { normalPair } from '../../src/core/normal.js';
import { quickNormalPair } from '../../src/core/quick-normal.js';

const quick = new Float32Array(2);
const plain = new Float32Array(2);
const quickBits = new Uint32Array(quick.buffer);
const plainBits = new Uint32Array(plain.buffer);

/** Returns how many pairs of words differ. */
function differences(pairs: Iterable<readonly [number, number]>): number {
  let different = 0;
  for (const [a, b] of pairs) {
    quickNormalPair(a, b, quick, 0);
    normalPair(a, b, plain, 0);
    if (quickBits[0] !== plainBits[0] || quickBits[1] !== plainBits[1]) different++;
  }
  return different;
}

/** Both words run through their range in steps that share no factor with it. */
function* spread(count: number): Generator<readonly [number, number]> {
  for (let i = 0; i < count; i++) {
    yield [Math.imul(i, 0x9e3779b1) >>> 0, Math.imul(i, 0x85ebca77) >>> 0];
  }
}

/** The ends of the range, and the angles where one of the two normals is 0. */
function* edges(): Generator<readonly [number, number]> {
  for (let k = 0; k < 2000; k++) {
    for (const b of [0, 1 << 30, 2 ** 31, 3 << 30, k << 8, (1 << 30) - (k << 8)]) {
      yield [(0xffffff - k) << 8, b];
      yield [k << 8, b];
    }
  }
}

test('four million pairs are what the full formula gives', () => {
  expect(differences(spread(4_000_000))).toBe(0);
});

test('so are those where a normal is 0 or largest', () => {
  expect(differences(edges())).toBe(0);
});

test('an odd length leaves no room for the second', () => {
  const one = new Float32Array(1);
  quickNormalPair(1 << 20, 1 << 30, one, 0);
  normalPair(1 << 20, 1 << 30, plain, 0);
  expect(one[0]).toBe(plain[0]);
});
