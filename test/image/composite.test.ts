/** The layer, its seam and its place: exact where exactness is promised. */
import { describe, expect, test } from 'vitest';
import { compositeFill, flatten } from '../../src/image/composite.js';
import { contextBounds } from '../../src/image/context.js';
import { levelSizes } from '../../src/image/levels.js';
import { stretchMembrane } from '../../src/image/membrane.js';
import { cropPlanar, type PlanarImage } from '../../src/image/planar.js';
import { decodePng, encodePng } from '../../src/image/png.js';
import type { Coverage, RgbaImage } from '../../src/image/raster.js';
import { keepLowFrequencies, removeSeam } from '../../src/image/seam.js';

const side = 48;
const isInDisc = (i: number) => Math.hypot((i % side) - 23.5, Math.floor(i / side) - 23.5) < 12;

function picture(value: (i: number, c: number) => number): PlanarImage {
  const data = Float32Array.from({ length: 3 * side * side }, (_, k) =>
    value(k % (side * side), Math.floor(k / (side * side))),
  );
  return { width: side, height: side, channels: 3, data };
}

const keepMask = Float32Array.from({ length: side * side }, (_, i) => (isInDisc(i) ? 0 : 1));

describe('the seam', () => {
  /** Largest difference between neighbours across the rim. */
  function stepAtRim({ data }: PlanarImage): number {
    let most = 0;
    for (let i = 0; i < side * side - 1; i++) {
      if (keepMask[i] !== keepMask[i + 1]) most = Math.max(most, Math.abs(data[i] - data[i + 1]));
    }
    return most;
  }

  test('of a shifted colour is taken out at the rim', () => {
    const known = picture(() => 0.2);
    const shifted = picture((i) => (isInDisc(i) ? 0.32 : 0.2));
    expect(stepAtRim(shifted)).toBeCloseTo(0.12, 6);
    // softened() leaves 0.12 / 0.4 to the fourth, 0.8 %; the membrane falls a little in one pixel.
    expect(stepAtRim(removeSeam(shifted, known, keepMask))).toBeLessThan(0.015);
  });

  test('is not invented where there is none', () => {
    const smooth = picture((i) => (i % side) / side - 0.5);
    const corrected = removeSeam(smooth, smooth, keepMask);
    // On a slope, what the extrapolation leaves of the one-sided means' lean.
    corrected.data.forEach((value, k) =>
      expect(Math.abs(value - smooth.data[k])).toBeLessThan(0.02),
    );
  });

  test('of an object’s own edge is left alone', () => {
    const known = picture(() => -0.9);
    const white = picture((i) => (isInDisc(i) ? 0.9 : -0.9));
    const corrected = removeSeam(white, known, keepMask);
    // A step of 1.8 is far over the largest shift: 0.24 % of it is taken.
    expect(stepAtRim(corrected)).toBeGreaterThan(1.75);
  });

  test('is the same one wherever the hole lies, however much lies around it', () => {
    const wide = 4 * side;
    const at = (k: number) => {
      const [x, y] = [k % wide, Math.floor(k / wide) % wide];
      return { x: x - 90, y: y - 60, c: Math.floor(k / (wide * wide)) };
    };
    const isInHole = ({ x, y }: { x: number; y: number }) => Math.hypot(x - 23.5, y - 23.5) < 9;
    const colour = ({ x, y, c }: { x: number; y: number; c: number }) =>
      0.3 * Math.sin(x / 9 + c) + 0.2 * Math.cos(y / 7);
    const image = (shift: number): PlanarImage => {
      const data = Float32Array.from(
        { length: 3 * wide * wide },
        (_, k) => colour(at(k)) + (isInHole(at(k)) ? shift : 0),
      );
      return { width: wide, height: wide, channels: 3, data };
    };
    const keep = Float32Array.from({ length: wide * wide }, (_, k) => (isInHole(at(k)) ? 0 : 1));
    const large = removeSeam(image(0.1), image(0), keep);
    const part = { x: 90, y: 60, width: side, height: side };
    const smallKeep = cropPlanar({ ...image(0), channels: 1, data: keep }, part).data;
    const small = removeSeam(cropPlanar(image(0.1), part), cropPlanar(image(0), part), smallKeep);
    expect(cropPlanar(large, part)).toEqual(small);
    expect(cropPlanar(large, part)).not.toEqual(cropPlanar(image(0.1), part));
  });

  test('is nothing where there is no hole', () => {
    const known = picture(() => 0.2);
    expect(removeSeam(known, known, new Float32Array(side * side).fill(1))).toEqual(known);
  });

  test('never touches known pixels', () => {
    const known = picture(() => 0.2);
    const corrected = removeSeam(
      picture((i) => (isInDisc(i) ? 0.5 : -0.3)),
      known,
      keepMask,
    );
    keepMask.forEach((keep, i) => {
      if (keep === 1) expect(corrected.data[i]).toBe(Math.fround(-0.3));
    });
  });
});

test('a membrane is harmonic without screening: linear between two walls', () => {
  const [width, height] = [33, 9];
  const isKnown = Uint8Array.from({ length: width * height }, (_, i) =>
    i % width === 0 || i % width === 32 ? 1 : 0,
  );
  const values = Float32Array.from(isKnown, (known, i) => (known && i % width === 32 ? 1 : 0));
  const membrane = stretchMembrane(values, isKnown, { width, height });
  // Relaxed, not solved: within 3 % of the straight line.
  for (let x = 0; x < width; x++)
    expect(Math.abs(membrane[4 * width + x] - x / 32)).toBeLessThan(0.03);
  const screened = stretchMembrane(values, isKnown, { width, height }, 4);
  // Eight cells from the wall, two decay lengths: e^-2 = 0.135 of it.
  expect(Math.abs(screened[4 * width + 24] - Math.exp(-2))).toBeLessThan(0.03);
});

test('low frequencies come from the coarser image, detail from the finer', () => {
  const fine = picture((i) => 0.5 + (i % 2 === 0 ? 0.1 : -0.1));
  const kept = keepLowFrequencies(
    fine,
    picture(() => -0.25),
    4,
  );
  const mean = kept.data.reduce((sum, value) => sum + value, 0) / kept.data.length;
  expect(mean).toBeCloseTo(-0.25, 3);
  // In the middle; at the border the clamped blur sees one column of the stripes many times.
  const middle = 24 * side + 24;
  expect(kept.data[middle] - kept.data[middle + 1]).toBeCloseTo(0.2, 3);
});

describe('the layer', () => {
  const data = new Uint8Array(side * side).map((_, i) => (isInDisc(i) ? 255 : 0));
  const selection: Coverage = { width: side, height: side, data };
  const place = { x: 11, y: 11, width: 26, height: 26 };
  const fill = picture(() => 0);
  const layer = compositeFill(fill, selection, place, { featherPx: 4, within: null });
  const photo: RgbaImage = {
    width: side,
    height: side,
    data: Uint8ClampedArray.from({ length: 4 * side * side }, (_, i) => (i * 37) % 256),
  };

  test('is clear outside the selection and opaque well inside', () => {
    expect([layer.width, layer.height]).toEqual([26, 26]);
    for (let i = 0; i < 26 * 26; i++) {
      const at = (place.y + Math.floor(i / 26)) * side + place.x + (i % 26);
      if (!isInDisc(at)) expect(layer.data[4 * i + 3]).toBe(0);
    }
    expect(layer.data[4 * (13 * 26 + 13) + 3]).toBe(255);
    // Colour stays under alpha 0, so that nothing fringes: 0 in [-1, 1] is 128 of 255.
    expect([...layer.data.subarray(0, 4)]).toEqual([128, 128, 128, 0]);
  });

  test('leaves the picture outside bit for bit, alpha included', () => {
    const flat = flatten(photo, layer, place);
    for (let i = 0; i < side * side; i++) {
      if (isInDisc(i)) continue;
      const [a, b] = [flat, photo].map((image) => [...image.data.subarray(4 * i, 4 * i + 4)]);
      expect(a).toEqual(b);
    }
    expect(() => flatten(photo, layer, { x: 40, y: 0 })).toThrow(RangeError);
  });

  test('blends half and half where it is half transparent', () => {
    const pixel = (...data: number[]): RgbaImage => ({
      width: 1,
      height: 1,
      data: Uint8ClampedArray.from(data),
    });
    const { data: blended } = flatten(pixel(0, 100, 200, 255), pixel(200, 100, 0, 128), {
      x: 0,
      y: 0,
    });
    // 128 of 255 is 0.502: 0.502 * 200 + 0.498 * 0, and so on.
    expect([...blended]).toEqual([100, 100, 100, 255]);
  });

  test('keeps colour and alpha on the same pixels', () => {
    const sloping = compositeFill(
      picture((i) => (i % side) / side - 0.5),
      selection,
      place,
      { featherPx: 0, within: null },
    );
    // Column 11 + x of 48: (11 + x) / 48 - 0.5 in [-1, 1], as 8-bit.
    for (const x of [3, 12, 22]) {
      const expected = Math.round(((11 + x) / side - 0.5 + 1) * 127.5);
      expect(Math.abs(sloping.data[4 * (13 * 26 + x)] - expected)).toBeLessThanOrEqual(1);
    }
  });

  test('survives PNG exactly, low alpha included', () => {
    expect(decodePng(encodePng(photo))).toEqual(photo);
  });
});

describe('the context', () => {
  test('is twice the region, centred', () => {
    const region = { x: 300, y: 200, width: 80, height: 60 };
    expect(contextBounds(region, { width: 640, height: 427 })).toEqual({
      x: 260,
      y: 150,
      width: 160,
      height: 160,
    });
  });

  test('contains the region and lies in the image, wherever it is', () => {
    for (let k = 0; k < 400; k++) {
      const image = { width: 32 + ((k * 97) % 900), height: 32 + ((k * 53) % 700) };
      const width = 1 + ((k * 31) % image.width);
      const height = 1 + ((k * 17) % image.height);
      const region = {
        x: (k * 7) % (image.width - width + 1),
        y: (k * 11) % (image.height - height + 1),
        width,
        height,
      };
      const { x, y, ...size } = contextBounds(region, image);
      expect(
        x >= 0 && y >= 0 && x + size.width <= image.width && y + size.height <= image.height,
      ).toBe(true);
      expect(x <= region.x && y <= region.y).toBe(true);
      expect(x + size.width >= region.x + width && y + size.height >= region.y + height).toBe(true);
    }
  });

  test.each([
    // A panorama cuts the square to 600 x 300: the aspect is moderate, nothing changes.
    [4000, 300, 300, 100, 600, 300],
    // Three times the picture's height, where the region leaves room on both sides.
    [4000, 300, 500, 100, 900, 300],
    // A region longer than that has half the picture's height beyond each of its ends.
    [4000, 300, 1000, 100, 1300, 300],
    [4000, 300, 3900, 200, 4000, 300],
    // A moderate picture is given whole, as ever.
    [640, 427, 400, 50, 640, 427],
    // A long region in a large picture has a square around it: the crop grows across it.
    [6000, 4000, 1900, 60, 3800, 3800],
  ])('of %i x %i pixels and a region of %i x %i is %i x %i', (w, h, width, height, cw, ch) => {
    const region = {
      x: Math.floor((w - width) / 2),
      y: Math.floor((h - height) / 2),
      width,
      height,
    };
    expect(contextBounds(region, { width: w, height: h })).toMatchObject({ width: cw, height: ch });
    const turned = { x: region.y, y: region.x, width: height, height: width };
    expect(contextBounds(turned, { width: h, height: w })).toMatchObject({ width: ch, height: cw });
  });

  test('refuses a region outside the image', () => {
    expect(() =>
      contextBounds({ x: 0, y: 0, width: 0, height: 4 }, { width: 9, height: 9 }),
    ).toThrow(RangeError);
    expect(() =>
      contextBounds({ x: 5, y: 0, width: 5, height: 4 }, { width: 9, height: 9 }),
    ).toThrow(/within the image/);
  });
});

describe('the levels', () => {
  const rules = { nativeSize: 64, sizeMultiple: 16, isFixedSize: false, maxSize: 256 };

  test('double from the native size to the context’s own, at most 256', () => {
    const sides = (context: number) =>
      levelSizes({ width: context, height: context }, rules).map(({ width }) => width);
    expect(sides(60)).toEqual([64]);
    expect(sides(120)).toEqual([64, 128]);
    expect(sides(200)).toEqual([64, 128, 256]);
    expect(sides(4000)).toEqual([64, 128, 256]);
  });

  test('keep the shape in multiples the network takes', () => {
    const sizes = levelSizes({ width: 640, height: 427 }, rules);
    expect(sizes).toEqual([
      { width: 80, height: 48 },
      { width: 160, height: 112 },
      { width: 320, height: 208 },
    ]);
  });

  test('of a long context are never thinner than half the native size, nor larger than the maximum', () => {
    // 64 px of area would give 240 x 16: too thin for the network to see anything across.
    expect(levelSizes({ width: 2300, height: 300 }, rules)).toEqual([
      { width: 240, height: 32 },
      { width: 496, height: 64 },
      { width: 704, height: 96 },
    ]);
    for (let aspect = 1; aspect <= 60; aspect += 0.5) {
      const sizes = levelSizes({ width: Math.round(400 * aspect), height: 400 }, rules);
      expect(sizes[0].height).toBeGreaterThanOrEqual(32);
      for (const [i, { width, height }] of sizes.entries()) {
        // Rounding to multiples of 16 adds a quarter of 32 at most.
        expect(width * height).toBeLessThanOrEqual(1.3 * 256 * 256);
        expect(width / height / aspect).toBeGreaterThan(0.75);
        expect(width / height / aspect).toBeLessThan(1.35);
        if (i > 0) expect(width).toBeGreaterThan(1.2 * sizes[i - 1].width);
      }
    }
  });

  test('of a context that is hardly more than a line are squeezed, not endless', () => {
    expect(levelSizes({ width: 4000, height: 1 }, rules)).toEqual([{ width: 4096, height: 16 }]);
    expect(levelSizes({ width: 1, height: 8000 }, rules)).toEqual([{ width: 16, height: 4096 }]);
  });

  test('are one for a network of one size', () => {
    expect(levelSizes({ width: 640, height: 427 }, { ...rules, isFixedSize: true })).toEqual([
      { width: 64, height: 64 },
    ]);
  });
});
