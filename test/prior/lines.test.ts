/** Lines through a gap. Oracles: pictures drawn here, whose lines are known. */
import { describe, expect, test } from 'vitest';
import { PhiloxNoise } from '../../src/core/noise.js';
import { findLines, lineHints, type Line } from '../../src/prior/lines.js';
import type { PhotoImages } from '../../src/prior/photo-images.js';

const [width, height] = [160, 120];
const window = { x: 0, y: 0, width, height };
const isInGap = (x: number, y: number) => (x - 80) ** 2 / 40 ** 2 + (y - 60) ** 2 / 30 ** 2 < 1;

/** A grey picture of -1..1 with a little grain; NaN inside the gap, where nothing may be read. */
function images(grey: (x: number, y: number) => number, grain = 0.02): PhotoImages {
  const plane = width * height;
  const noise = new Float32Array(3 * plane);
  new PhiloxNoise([7]).fill({ purpose: 'start', transition: 0 }, 0, noise);
  const keepMask = Float32Array.from({ length: plane }, (_, i) =>
    isInGap(i % width, Math.floor(i / width)) ? 0 : 1,
  );
  const data = Float32Array.from({ length: 3 * plane }, (_, i) => {
    const at = i % plane;
    if (keepMask[at] === 0) return NaN;
    return grey(at % width, Math.floor(at / width)) + grain * noise[i];
  });
  const known = { width, height, channels: 3, data };
  return { known, keepMask, texture: null, hints: null, window };
}

/** Signed distance of a line's ends from y = slope (x - 80) + middle, in pixels. */
function distances({ from, to }: Line, slope: number, middle: number): number[] {
  return [from, to].map(({ x, y }) => {
    const [u, v] = [x * width - 0.5, y * height - 0.5];
    return (v - (slope * (u - 80) + middle)) / Math.hypot(1, slope);
  });
}

const stroke = (slope: number, middle: number, thickness: number) => (x: number, y: number) =>
  Math.abs(y - (slope * (x - 80) + middle)) / Math.hypot(1, slope) < thickness / 2 ? 0.7 : -0.3;

describe('lines through the unknown', () => {
  test.each([
    ['level', 0, 60],
    ['rising', -0.35, 55],
    ['steep', 1.6, 62],
  ])(
    'a thin one that is %s is found, by its edges, within a pixel of its direction',
    (_, slope, middle) => {
      const lines = findLines(images(stroke(slope, middle, 3)));
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) {
        const [from, to] = distances(line, slope, middle);
        expect(Math.abs(from - to)).toBeLessThan(1);
        expect(Math.abs(from)).toBeLessThan(4.5);
      }
      expect(lines[0].certainty).toBe(1);
    },
  );

  test('an edge between two tones is one', () => {
    const lines = findLines(images((x, y) => (y > 0.2 * (x - 80) + 58 ? -0.5 : 0.4)));
    expect(lines.length).toBeGreaterThan(0);
    expect(Math.max(...distances(lines[0], 0.2, 58).map(Math.abs))).toBeLessThan(2);
  });

  test('none is found in grain, in a gradient, or where it ends on one side', () => {
    expect(findLines(images(() => 0, 0.3))).toEqual([]);
    expect(findLines(images((x, y) => x / width - y / height))).toEqual([]);
    const whole = stroke(0, 60, 3);
    expect(findLines(images((x, y) => (x < 80 ? whole(x, y) : -0.3)))).toEqual([]);
  });

  test('say of the gap what is outside at the same distance, and nothing of what is known', () => {
    const picture = images(stroke(0, 60, 5), 0);
    const [line] = findLines(picture);
    const { values, weights } = lineHints([line], picture)!;
    expect([...weights].every((weight, i) => weight === 0 || picture.keepMask[i] === 0)).toBe(true);
    const middle = Math.round(line.from.y * height - 0.5);
    for (let y = middle - 3; y <= middle + 3; y++) {
      for (const x of [55, 80, 105]) {
        const i = y * width + x;
        if (weights[i] < 0.05) continue;
        expect(values[i], `${x}, ${y}`).toBeCloseTo(stroke(0, 60, 5)(x, y), 1);
      }
    }
    expect(weights[middle * width + 80]).toBeGreaterThan(0.9);
    expect(weights[(middle + 12) * width + 80]).toBe(0);
  });

  test('are the same at another size', () => {
    const [line] = findLines(images(stroke(0, 60, 4), 0));
    const [w, h] = [width / 2, height / 2];
    const keepMask = Float32Array.from({ length: w * h }, (_, i) =>
      isInGap(2 * (i % w) + 0.5, 2 * Math.floor(i / w) + 0.5) ? 0 : 1,
    );
    const data = Float32Array.from({ length: 3 * w * h }, (_, i) =>
      stroke(0, 29.75, 2)(0, Math.floor((i % (w * h)) / w)),
    );
    const known = { width: w, height: h, channels: 3, data };
    const small = { known, keepMask, texture: null, hints: null, window };
    const { values, weights } = lineHints([line], small)!;
    const rows = Array.from({ length: h }, (_, y) => y * w + w / 2);
    const best = rows.reduce((a, b) => (weights[b] > weights[a] ? b : a));
    expect(Math.abs(Math.floor(best / w) - 29.75)).toBeLessThan(1.5);
    expect(values[best]).toBeGreaterThan(0);
  });

  test('no line, no hint', () => {
    expect(
      lineHints(
        [],
        images(() => 0),
      ),
    ).toBeNull();
  });
});
