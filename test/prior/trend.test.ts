/** The slow change of shade around a region, against the quadratic the picture was made from. */
import { expect, test } from 'vitest';
import type { PhotoImages } from '../../src/prior/photo-images.js';
import { findTrend, withTrend } from '../../src/prior/trend.js';

const size = { width: 80, height: 40 };
const shadeAt = (x: number) => (x * x) / 6400 - 0.5;

/** A picture that brightens to the right, known where it is said. */
function images(isKnown: (x: number, y: number) => boolean, window: PhotoImages['window']) {
  const plane = size.width * size.height;
  const data = Float32Array.from({ length: 3 * plane }, (_, i) => shadeAt(i % size.width));
  const keepMask = Float32Array.from({ length: plane }, (_, i) =>
    Number(isKnown(i % size.width, Math.floor(i / size.width))),
  );
  return { known: { ...size, channels: 3, data }, keepMask, texture: null, hints: null, window };
}

function trendOver(given: PhotoImages): Float32Array {
  const zeros = { ...size, channels: 3, data: new Float32Array(3 * size.width * size.height) };
  const whole = { x: 0, y: 0, ...size };
  return withTrend(zeros, whole, findTrend(given)!, 1).data;
}

test('is found again within what surrounds the region', () => {
  const window = { x: 30, y: 10, width: 20, height: 20 };
  const isKnown = (x: number, y: number) => Math.abs(x - 39.5) > 10 || Math.abs(y - 19.5) > 10;
  const found = trendOver(images(isKnown, window));
  for (const x of [24, 35, 40, 55]) expect(found[20 * 80 + x]).toBeCloseTo(shadeAt(x), 5);
});

test('stays, beside all that is known, as it is at the last known place', () => {
  const window = { x: 48, y: 0, width: 32, height: 40 };
  const found = trendOver(images((x) => x < 50, window));
  expect(found[20 * 80 + 49]).toBeCloseTo(shadeAt(49), 5);
  for (const x of [50, 60, 79]) expect(found[20 * 80 + x]).toBe(found[20 * 80 + 49]);
});
