/** Oracle: differences of known pictures by hand. */
import { describe, expect, test } from 'vitest';
import { textureAtSize } from '../../src/prior/texture.js';

/** Grey, from a function of the place. */
function grey(width: number, height: number, value: (x: number, y: number) => number) {
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++)
    data.fill(value(i % width, Math.floor(i / width)), 4 * i, 4 * i + 3);
  return { width, height, data };
}

const nothing = (width: number, height: number) => ({
  width,
  height,
  data: new Uint8Array(width * height),
});

describe('the texture of a picture', () => {
  const size = { width: 32, height: 16 };

  test('is the root of the difference, across and down', () => {
    const stripes = grey(64, 32, (x) => (x % 2 ? 120 : 80));
    const { channels, data } = textureAtSize(stripes, size, nothing(64, 32));
    expect(channels).toBe(2);
    for (let i = 0; i < 32 * 16; i++) {
      expect(data[i]).toBeCloseTo(Math.sqrt(40 / 255), 2);
      expect(data[32 * 16 + i]).toBeCloseTo(0, 5);
    }
  });

  test('tells fine from plain where the shrunk colours are the same', () => {
    const half = grey(64, 32, (x, y) => (x < 32 ? 100 : (x + y) % 2 ? 70 : 130));
    const { data } = textureAtSize(half, { width: 8, height: 4 }, nothing(64, 32));
    expect(data[8 + 1]).toBeLessThan(0.05);
    expect(data[8 + 6]).toBeGreaterThan(0.4);
  });

  test('sees nothing of a hole, nor of the step at its edge', () => {
    const hole = nothing(64, 32);
    const marked = grey(64, 32, (x, y) => {
      const isHole = x > 20 && x < 30 && y > 10 && y < 20;
      if (isHole) hole.data[y * 64 + x] = 255;
      return isHole ? 255 : 40;
    });
    const { data } = textureAtSize(marked, { width: 64, height: 32 }, hole);
    expect(Math.max(...data)).toBeLessThan(1e-3);
  });

  test('is had of a single pixel', () => {
    const { data } = textureAtSize(
      grey(1, 1, () => 9),
      { width: 1, height: 1 },
      nothing(1, 1),
    );
    expect([...data]).toEqual([0, 0]);
  });
});
