/** Lines through a gap. Oracles: pictures drawn here, whose lines are known. */
import { describe, expect, test } from 'vitest';
import { PhiloxNoise } from '../../src/core/noise.js';
import { coursesOf, follow, placesBy, type Arc } from '../../src/prior/arcs.js';
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

describe('an arc', () => {
  const arc: Arc = { from: { x: 10, y: 20 }, to: { x: 50, y: 20 }, bend: 0.5 };

  test('ends where it should, and its points lie on it', () => {
    const { along, length } = coursesOf(arc);
    const placeOf = placesBy(arc);
    let [end, farthest] = [{ x: 0, y: 0 }, 0];
    follow(along, length, (x, y) => {
      end = { x, y };
      farthest = Math.max(farthest, Math.abs(placeOf(x, y).aside));
    });
    expect(Math.hypot(end.x - 50, end.y - 20)).toBeLessThan(1.05);
    expect(farthest).toBeLessThan(0.1);
  });

  test.each([0.5, -0.5, 1e-4, 0])('of bend %d has its middle half-way', (bend) => {
    const sagitta = 20 * Math.tan(bend / 2);
    const { along, aside } = placesBy({ ...arc, bend })(30, 20 + sagitta);
    expect(along).toBeCloseTo(0.5, 6);
    expect(aside).toBeCloseTo(0, 2);
    expect(placesBy({ ...arc, bend })(30, 23 + sagitta).aside).toBeCloseTo(3, 2);
  });

  test('goes on beyond its ends in the same circle', () => {
    const { before, after } = coursesOf(arc);
    const placeOf = placesBy(arc);
    for (const course of [before, after]) {
      follow(course, 8, (x, y) => {
        expect(Math.abs(placeOf(x, y).aside)).toBeLessThan(0.1);
        expect(Math.abs(placeOf(x, y).along - 0.5)).toBeGreaterThan(0.5);
      });
    }
  });
});

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

  test('the outline of a disc is followed round', () => {
    const [cx, cy, radius] = [80, 130, 78];
    const isDisc = (x: number, y: number) => (x - cx) ** 2 + (y - cy) ** 2 < radius ** 2;
    const picture = images((x, y) => (isDisc(x, y) ? 0.5 : -0.4));
    const [line] = findLines(picture);
    const { weights, values } = lineHints([line], picture)!;
    const hinted = [...weights.keys()].filter((i) => weights[i] > 0.3);
    expect(hinted.length).toBeGreaterThan(100);
    const wrong = hinted.filter((i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      const fromOutline = Math.abs(Math.hypot(x - cx, y - cy) - radius);
      return fromOutline > 1.5 && isDisc(x, y) !== values[i] > 0.05;
    });
    expect(wrong.length / hinted.length).toBeLessThan(0.05);
    // The straight way between the ends lies well inside the disc.
    expect(Math.abs(line.bend)).toBeGreaterThan(0.3);
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
