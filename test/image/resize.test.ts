/** Resampling: what must come back exactly, and that nothing moves. */
import { describe, expect, test } from 'vitest';
import {
  cropRgba,
  planarFromRgba,
  rgbaFromPlanar,
  type PlanarImage,
} from '../../src/image/planar.js';
import type { RgbaImage } from '../../src/image/raster.js';
import { keepMaskAtSize, planarAtSize, resizePlanar } from '../../src/image/resize.js';

function planar(
  width: number,
  height: number,
  value: (x: number, y: number) => number,
): PlanarImage {
  const data = Float32Array.from({ length: width * height }, (_, i) =>
    value(i % width, Math.floor(i / width)),
  );
  return { width, height, channels: 1, data };
}

/** A ramp in pixel centres: the same picture at any size. */
const ramp = (width: number, height: number) =>
  planar(width, height, (x, y) => (x + 0.5) / width + 2 * ((y + 0.5) / height));

describe('resizing', () => {
  test.each([
    [40, 30],
    [13, 50],
    [200, 7],
  ])('to %i x %i keeps a constant', (width, height) => {
    const resized = resizePlanar(
      planar(33, 21, () => 0.3),
      { width, height },
    );
    // Float32 rounding of weights that add up to 1.
    resized.data.forEach((value) => expect(value).toBeCloseTo(0.3, 6));
  });

  test.each([
    [96, 64],
    [24, 16],
    [64, 40],
  ])('to %i x %i keeps a ramp where it was', (width, height) => {
    const resized = resizePlanar(ramp(48, 32), { width, height });
    const expected = ramp(width, height);
    // Away from the clamped borders a cubic reproduces straight lines.
    const margin = { x: Math.ceil((width / 48) * 2) + 4, y: Math.ceil((height / 32) * 2) + 4 };
    for (let y = margin.y; y < height - margin.y; y++) {
      for (let x = margin.x; x < width - margin.x; x++) {
        expect(resized.data[y * width + x]).toBeCloseTo(expected.data[y * width + x], 5);
      }
    }
  });

  test('turns a fine checkerboard into its mean when it shrinks', () => {
    const board = planar(64, 64, (x, y) => ((x + y) % 2 === 0 ? 1 : -1));
    const { data } = resizePlanar(board, { width: 12, height: 12 });
    // Antialiased: what is finer than the new pixels is gone, but for ripples at the borders.
    data.forEach((value) => expect(Math.abs(value)).toBeLessThan(0.02));
  });

  test('a window is the same part of the whole', () => {
    const whole = resizePlanar(ramp(20, 20), { width: 50, height: 60 });
    const part = resizePlanar(
      ramp(20, 20),
      { width: 50, height: 60 },
      { x: 7, y: 9, width: 11, height: 13 },
    );
    for (let y = 0; y < 13; y++) {
      for (let x = 0; x < 11; x++)
        expect(part.data[y * 11 + x]).toBe(whole.data[(y + 9) * 50 + x + 7]);
    }
  });

  test('refuses sizes that are no pixels', () => {
    expect(() => resizePlanar(ramp(4, 4), { width: 0, height: 3 })).toThrow(RangeError);
    expect(() => resizePlanar(ramp(4, 4), { width: 2.5, height: 3 })).toThrow(RangeError);
  });
});

describe('8-bit pixels', () => {
  const greys: RgbaImage = {
    width: 16,
    height: 16,
    data: Uint8ClampedArray.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? 255 : i >> 2)),
  };

  test('come back exactly, all 256 of them', () => {
    expect(rgbaFromPlanar(planarFromRgba(greys)).data).toEqual(greys.data);
  });

  test('resize straight to planar as in two steps', () => {
    const [direct, twice] = [
      planarAtSize(greys, { width: 8, height: 24 }),
      resizePlanar(planarFromRgba(greys), { width: 8, height: 24 }),
    ];
    // One clamps to [-1, 1], which a cubic may leave by its overshoot.
    direct.data.forEach((value, i) =>
      expect(value).toBeCloseTo(Math.min(1, Math.max(-1, twice.data[i])), 5),
    );
  });

  test('are cut out, and not beyond the image', () => {
    expect(cropRgba(greys, { x: 3, y: 2, width: 1, height: 1 }).data[0]).toBe(2 * 16 + 3);
    expect(() => cropRgba(greys, { x: 10, y: 0, width: 7, height: 1 })).toThrow(/within 16 x 16/);
  });
});

describe('the keep mask', () => {
  const selection = { width: 10, height: 10, data: new Uint8Array(100) };
  selection.data[3 * 10 + 4] = 1;

  test('gives up every pixel the selection touches', () => {
    const keep = keepMaskAtSize(selection, { width: 4, height: 4 });
    // Pixel 4..5 of 10 lies in 1.6..2 of 4, row 3..4 in 1.2..1.6: one pixel.
    expect([...keep].flatMap((value, i) => (value === 0 ? [i] : []))).toEqual([1 * 4 + 1]);
  });

  test('covers the pixel when enlarged', () => {
    const keep = keepMaskAtSize(selection, { width: 25, height: 25 });
    // 4..5 becomes 10..12.5 and 3..4 becomes 7.5..10: three by three pixels.
    expect(keep.filter((value) => value === 0)).toHaveLength(9);
  });
});
