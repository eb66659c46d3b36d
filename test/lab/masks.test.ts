import { expect, test } from 'vitest';
import { holeShare } from '../../src/lab/masks/draw.js';
import { expectMaskName, makeHole, maskNames, paperMasks } from '../../src/lab/masks/masks.js';
import { randomStream, shuffled } from '../../src/lab/masks/random.js';

const size = { width: 256, height: 256 };
const small = { width: 96, height: 96 };
const share = (name: (typeof maskNames)[number], number = 0) =>
  holeShare(makeHole(name, size, 1, number));

test('fixed masks hide the shares that the paper says', () => {
  expect(share('super-resolve-2x')).toBe(3 / 4);
  expect(share('alternate-lines')).toBe(1 / 2);
  expect(share('half')).toBe(1 / 2);
  // 64 x 64 of 256 x 256 is kept.
  expect(share('expand')).toBe(15 / 16);
});

test('expand keeps rows and columns 96 to 159, half the left side', () => {
  const expand = makeHole('expand', size, 1, 0).data;
  expect(expand[96 * 256 + 96]).toBe(0);
  expect(expand[159 * 256 + 159]).toBe(0);
  expect(expand[95 * 256 + 96]).toBe(255);
  expect(expand[160 * 256 + 100]).toBe(255);
  const half = makeHole('half', size, 1, 0).data;
  expect([half[127], half[128]]).toEqual([0, 255]);
});

test('drawn masks have a hole, differ from photo to photo and come again with the seed', () => {
  for (const name of ['wide', 'narrow', 'ellipse', 'strokes', 'boxes'] as const) {
    const shares = Array.from({ length: 30 }, (_, number) =>
      holeShare(makeHole(name, small, 1, number)),
    );
    expect(Math.min(...shares), name).toBeGreaterThan(0);
    expect(new Set(shares).size, name).toBeGreaterThan(20);
    expect(makeHole(name, small, 1, 3).data, name).toEqual(makeHole(name, small, 1, 3).data);
    expect(makeHole(name, small, 2, 3).data, name).not.toEqual(makeHole(name, small, 1, 3).data);
  }
});

test('wide and narrow masks hide at most half, wide ones in thicker strokes', () => {
  const shares = (name: 'wide' | 'narrow') =>
    Array.from({ length: 60 }, (_, number) => holeShare(makeHole(name, small, 1, number)));
  expect(Math.max(...shares('wide'), ...shares('narrow'))).toBeLessThanOrEqual(0.5);
  /** Hole pixels over those at its edge. */
  const thickness = (name: 'wide' | 'narrow') => {
    const { data } = makeHole(name, size, 1, 5);
    const edge = data.filter((value, i) => value !== 0 && data[i + 1] === 0).length;
    return data.filter((value) => value !== 0).length / edge;
  };
  expect(thickness('wide')).toBeGreaterThan(3 * thickness('narrow'));
});

test('every mask works at any size', () => {
  for (const name of maskNames)
    expect(holeShare(makeHole(name, { width: 64, height: 48 }, 1, 1)), name).toBeGreaterThan(0);
});

test('the paper’s six come first, and an unknown one is told with those there are', () => {
  expect(paperMasks).toHaveLength(6);
  expect(() => expectMaskName('moon')).toThrow('no mask "moon"');
});

test('streams are independent and shuffle without losing anything', () => {
  const draws = (name: string) => {
    const random = randomStream(7, name);
    return Array.from({ length: 1000 }, () => random.next());
  };
  expect(draws('a')).not.toEqual(draws('b'));
  const mean = draws('a').reduce((sum, value) => sum + value, 0) / 1000;
  // Five standard errors of 1000 uniform draws.
  expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * 1000));
  expect(shuffled([1, 2, 3, 4, 5], randomStream(1, 'x')).sort((a, b) => a - b)).toEqual([
    1, 2, 3, 4, 5,
  ]);
});
