/** Resampling: what must come back exactly, and that nothing moves. */
import { describe, expect, test } from 'vitest';
import {
  cropRgba,
  planarFromRgba,
  rgbaFromPlanar,
  type PlanarImage,
} from '../../src/image/planar.js';
import type { Size } from '../../src/image/geometry.js';
import type { Coverage, RgbaImage } from '../../src/image/raster.js';
import { keepMaskAtSize, planarAtSize, resizePlanar } from '../../src/image/resize.js';
import { numbers } from './numbers.js';

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

describe('a picture with a hole', () => {
  function paint(size: Size, hole: Coverage, colour: (i: number) => number): RgbaImage {
    const data = new Uint8ClampedArray(4 * size.width * size.height);
    for (let i = 0; i < data.length; i++)
      data[i] = hole.data[i >> 2] === 0 ? colour(i) : colour(-1);
    return { ...size, data };
  }

  /** A disc beside specks, one of them barely touched. */
  function holeIn({ width, height }: Size): Coverage {
    const next = numbers(width + height);
    const data = Uint8Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [(i % width) / width - 0.45, Math.floor(i / width) / height - 0.6];
      return Math.hypot(x, y) < 0.2 || next() < 2e-4 ? 255 : 0;
    });
    data[width + 1] = 1;
    return { width, height, data };
  }

  /** Largest distance of kept pixels from a grey of 0..255. */
  function worstKept({ data }: PlanarImage, keepMask: Float32Array, grey: number): number {
    let worst = 0;
    for (let i = 0; i < data.length; i++) {
      if (keepMask[i % keepMask.length] === 1)
        worst = Math.max(worst, Math.abs(data[i] - (grey / 127.5 - 1)));
    }
    return worst;
  }

  const contexts = [
    [32, 32],
    [64, 64],
    [90, 200],
    [333, 250],
    [1000, 640],
    // As much smaller as a 4-megapixel crop gets, each way.
    [2000, 90],
    [90, 2000],
  ];
  const levels = [
    { width: 64, height: 64 },
    { width: 80, height: 48 },
    { width: 256, height: 256 },
  ];

  test.each(contexts)(
    'of %i x %i has none of the hole’s colours in what is kept',
    (width, height) => {
      const hole = holeIn({ width, height });
      const black = paint({ width, height }, hole, (i) => (i === -1 ? 0 : 200));
      for (const level of levels) {
        const keepMask = keepMaskAtSize(hole, level);
        expect(keepMask.includes(1) && keepMask.includes(0)).toBe(true);
        // To Float32 rounding of sums of weights.
        expect(worstKept(planarAtSize(black, level, hole), keepMask, 200)).toBeLessThan(2e-6);
      }
    },
  );

  test.each(contexts)('of %i x %i is the same whatever is in the hole', (width, height) => {
    const hole = holeIn({ width, height });
    const [black, white] = [0, 255].map((inside) =>
      paint({ width, height }, hole, (i) => (i === -1 ? inside : (i * 37) % 251)),
    );
    for (const level of levels) {
      const [a, b] = [black, white].map((image) => planarAtSize(image, level, hole).data);
      expect(a.every((value, i) => value === b[i])).toBe(true);
    }
  });

  test('keeps its colours however little of it is known', () => {
    const next = numbers(5);
    const size = { width: 40, height: 40 };
    const data = Uint8Array.from({ length: 1600 }, () => (next() < 0.6 ? 255 : 0));
    const hole: Coverage = { ...size, data };
    const image = paint(size, hole, (i) => (i === -1 ? 255 : 20));
    // Enlarged too, where single known pixels are kept.
    for (const side of [16, 37, 40, 64, 130]) {
      const level = { width: side, height: side };
      const keepMask = keepMaskAtSize(hole, level);
      const planar = planarAtSize(image, level, hole);
      expect(worstKept(planar, keepMask, 20)).toBeLessThan(1e-5);
      expect(planar.data.every(Number.isFinite)).toBe(true);
    }
  });

  test('must have one of its own size', () => {
    const size = { width: 4, height: 4 };
    const image = { ...size, data: new Uint8ClampedArray(64) };
    const hole = { width: 4, height: 5, data: new Uint8Array(20) };
    expect(() => planarAtSize(image, size, hole)).toThrow(/4 x 4 pixels, got 4 x 5/);
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
