/** Growth and feather against brute force. */
import { describe, expect, test } from 'vitest';
import {
  clipTo,
  coverageBounds,
  coveredShare,
  coversEverything,
  featherInside,
  growCoverage,
  hasSoftEdges,
  invertCoverage,
  unite,
} from '../../src/image/coverage.js';
import { squaredDistancesWithin } from '../../src/image/distance.js';
import type { Coverage } from '../../src/image/raster.js';
import { numbers } from './numbers.js';

function randomBits(count: number, density: number, seed = 7): boolean[] {
  const next = numbers(seed);
  return Array.from({ length: count }, () => next() < density);
}

const [width, height] = [23, 17];
const bits = randomBits(width * height, 0.03);
const speckled: Coverage = { width, height, data: Uint8Array.from(bits, (bit) => (bit ? 255 : 0)) };

function nearest(i: number, set: readonly boolean[]): number {
  let best = Infinity;
  set.forEach((isSet, k) => {
    const [dx, dy] = [(k % width) - (i % width), Math.floor(k / width) - Math.floor(i / width)];
    if (isSet) best = Math.min(best, dx * dx + dy * dy);
  });
  return best;
}

function box(x: number, y: number, w: number, h: number, size = 20): Coverage {
  const data = new Uint8Array(size * size);
  for (let v = y; v < y + h; v++) data.fill(255, v * size + x, v * size + x + w);
  return { width: size, height: size, data };
}

describe('a selection', () => {
  test.each([0, 1, 2.5, 4, 9, 1000])(
    'has the distances that brute force finds, up to a radius of %f',
    (radius) => {
      const distances = squaredDistancesWithin(radius, speckled, (i) => bits[i]);
      distances.forEach((distance, i) => {
        const expected = nearest(i, bits);
        if (expected <= radius * radius) expect(distance).toBe(expected);
        else expect(distance).toBeGreaterThan(radius * radius);
      });
    },
  );

  test('has no distance where nothing is marked', () => {
    const none = squaredDistancesWithin(3, { width: 5, height: 1 }, () => false);
    none.forEach((distance) => expect(distance).toBeGreaterThan(9));
  });

  test('grows by a disc', () => {
    // Half a pixel more than from the centre: distances count from a pixel's border.
    const grown = growCoverage(speckled, 2);
    grown.data.forEach((value, i) => expect(value).toBe(nearest(i, bits) <= 6.25 ? 255 : 0));
    expect(growCoverage(speckled, 0)).toBe(speckled);
    expect(growCoverage(box(3, 4, 0, 0), 2).data).toEqual(new Uint8Array(400));
    expect(() => growCoverage(speckled, -1)).toThrow(RangeError);
  });

  test('has bounds, or none', () => {
    expect(coverageBounds(box(3, 4, 5, 6))).toEqual({ x: 3, y: 4, width: 5, height: 6 });
    expect(coverageBounds(box(0, 0, 0, 0))).toBeNull();
    expect(coversEverything(box(0, 0, 20, 20))).toBe(true);
    expect(coversEverything(box(0, 0, 20, 19))).toBe(false);
  });

  test('unites and clips', () => {
    const [a, b] = [box(0, 0, 10, 10), box(5, 5, 10, 10)];
    expect(coverageBounds(unite(a, b))).toEqual({ x: 0, y: 0, width: 15, height: 15 });
    expect(coverageBounds(clipTo(a, b))).toEqual({ x: 5, y: 5, width: 5, height: 5 });
    expect(() => unite(a, speckled)).toThrow(/equal in size/);
  });

  test('fades in inside its edge only', () => {
    const feather = 4;
    const alpha = featherInside(box(2, 2, 14, 14), feather);
    const at = (x: number, y: number) => alpha[y * 20 + x];
    // Row through the middle: 0 outside, rising to 1, never falling on the way in.
    const row = Array.from({ length: 9 }, (_, x) => at(x, 9));
    expect(row.slice(0, 2)).toEqual([0, 0]);
    row.slice(1).forEach((value, k) => expect(value).toBeGreaterThanOrEqual(row[k]));
    expect(at(2, 9)).toBeLessThan(0.2);
    // From the feather's width inwards it is opaque.
    expect(at(2 + feather, 9)).toBe(1);
    expect(Math.max(...alpha)).toBe(1);
  });

  test('is opaque in its middle however thin it is', () => {
    for (const thickness of [1, 2, 3, 5, 8]) {
      const alpha = featherInside(box(0, 6, 20, thickness), 4);
      const middle = 6 + Math.floor((thickness - 1) / 2);
      expect(alpha[middle * 20 + 10]).toBe(1);
      expect(alpha[5 * 20 + 10]).toBe(0);
    }
  });

  test('that was grown by the width of its feather stays opaque in all that was marked', () => {
    const marked = box(8, 8, 5, 5);
    for (const px of [1, 2, 4, 5]) {
      const alpha = featherInside(growCoverage(marked, px), px);
      marked.data.forEach((value, i) => value && expect(alpha[i]).toBe(1));
      expect(alpha[8 * 20 + 8 - px]).toBeLessThan(0.8);
    }
  });

  test('with a soft edge grows with its slope, and is followed instead of feathered', () => {
    const ramp = [0, 0, 0, 0, 1, 8, 32, 80, 128, 176, 224, 248, 255, 255, 255];
    const data = Uint8Array.from({ length: ramp.length * 30 }, (_, i) => ramp[i % ramp.length]);
    const soft: Coverage = { width: ramp.length, height: 30, data };
    expect(hasSoftEdges(soft)).toBe(true);
    const alpha = featherInside(soft, 4);
    // Within half a level; a hard edge's feather would make 8 of the first touched pixels' 1 and 8.
    alpha.forEach((value, i) => expect(255 * value).toBeCloseTo(data[i], 3));
    const grown = growCoverage(soft, 2);
    const row = [...grown.data.subarray(0, ramp.length)];
    // Two pixels to the left, at sixteen levels: never under its own, never over the shifted one.
    row.forEach((value, x) => {
      expect(value).toBeGreaterThanOrEqual(ramp[x]);
      expect(value).toBeLessThanOrEqual(ramp[Math.min(x + 2, ramp.length - 1)]);
      expect(value).toBeGreaterThan(ramp[Math.min(x + 2, ramp.length - 1)] - 17);
    });
  });

  test.each<[string, number, boolean]>([
    ['a step', 255, false],
    ['an antialiased step', 128, false],
    ['the slope of a blur of two pixels', 50, true],
  ])('has the edge of %s', (_, step, isSoft) => {
    const row = [0, 0, ...Array.from({ length: Math.ceil(255 / step) }, (_, k) => k * step), 255];
    const data = Uint8Array.from({ length: row.length * 9 }, (_, i) => row[i % row.length]);
    expect(hasSoftEdges({ width: row.length, height: 9, data })).toBe(isSoft);
  });

  test('turns round, and tells its share', () => {
    const marked = box(0, 0, 10, 10);
    expect(coveredShare(marked)).toBeCloseTo(0.25, 10);
    expect(coveredShare(invertCoverage(marked))).toBeCloseTo(0.75, 10);
  });

  test.each([1, 4, 40])('fades as the distances of brute force say, over %i pixels', (feather) => {
    const set = randomBits(width * height, 0.97, 11);
    const outside = set.map((bit) => !bit);
    const data = Uint8Array.from(set, (bit) => (bit ? 255 : 0));
    const alpha = featherInside({ width, height, data }, feather);
    const distances = set.map((_, i) => Math.sqrt(nearest(i, outside)));
    const ramp = Math.min(feather, Math.max(...distances) / 2) + 0.5;
    distances.forEach((distance, i) => {
      const t = Math.min(1, distance / ramp);
      // Float32, so six digits.
      expect(alpha[i]).toBeCloseTo(t * t * (3 - 2 * t), 6);
    });
  });

  test('has no edge at the image’s own border', () => {
    const alpha = featherInside(box(0, 0, 20, 10), 4);
    expect(alpha[0]).toBe(1);
    expect(alpha[9 * 20 + 10]).toBeLessThan(0.2);
  });
});
