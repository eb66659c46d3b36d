/** Vector shapes as coverage; oracles are areas known by formula. */
import { describe, expect, test } from 'vitest';
import { identity, translation, type Mat2d } from '../../src/image/geometry.js';
import { unite } from '../../src/image/coverage.js';
import type { Coverage } from '../../src/image/raster.js';
import { rasterise, type FillRule } from '../../src/image/rasterise.js';
import { pathToPolygons, type Polygon } from '../../src/image/region-path.js';
import { numbers } from './numbers.js';

const window = { x: 0, y: 0, width: 100, height: 100 };

function draw(path: string, map: Mat2d = identity, rule: FillRule = 'nonzero'): Coverage {
  return rasterise(pathToPolygons(path, map), rule, window);
}

/** Area in pixels. */
function area({ data }: Coverage): number {
  return data.reduce((sum, value) => sum + value, 0) / 255;
}

const circle = (r: number) =>
  `M ${50 - r} 50 A ${r} ${r} 0 0 1 ${50 + r} 50 A ${r} ${r} 0 0 1 ${50 - r} 50 Z`;

describe('coverage', () => {
  test('is pi r^2 for a circle', () => {
    // Chords 0.02 px inside the arc take 2 * 0.02 / r of the area at most.
    for (const r of [5, 10, 40]) {
      expect(Math.abs(area(draw(circle(r))) / (Math.PI * r * r) - 1)).toBeLessThan(
        0.04 / r + 0.001,
      );
    }
  });

  test('is exact for a rectangle between pixels', () => {
    // From 10.25 to 20.75 in x, whole in y: edge columns are covered by 0.75.
    const { data } = draw('M 10.25 5 H 20.75 V 15 H 10.25 Z');
    expect([data[500 + 9], data[500 + 10], data[500 + 11], data[500 + 20], data[500 + 21]]).toEqual(
      [0, 191, 255, 191, 0],
    );
    expect(area(draw('M 10 5 H 20 V 15.5 H 10 Z'))).toBeCloseTo(105, 0);
  });

  test('follows the fill rule of a pentagram', () => {
    const points = [0, 2, 4, 1, 3].map((k) => {
      const angle = (2 * Math.PI * k) / 5 - Math.PI / 2;
      return `${50 + 40 * Math.cos(angle)} ${50 + 40 * Math.sin(angle)}`;
    });
    const star = `M ${points.join(' L ')} Z`;
    const centre = 50 * 100 + 50;
    expect(draw(star).data[centre]).toBe(255);
    expect(draw(star, identity, 'evenodd').data[centre]).toBe(0);
  });

  test('reads relative, shorthand and quadratic commands as their absolute forms', () => {
    expect(draw('m 10 10 h 20 v 20 h -20 z').data).toEqual(
      draw('M 10 10 L 30 10 L 30 30 L 10 30 Z').data,
    );
    // The area under a parabola's arch is 2/3 of its control triangle's: 2/3 * (80 * 60 / 2).
    expect(area(draw('M 10 80 Q 50 20 90 80 Z'))).toBeCloseTo((2 / 3) * 2400, -1);
    expect(draw('M 10 50 C 10 10 50 10 50 50 S 90 90 90 50 Z').data).toEqual(
      draw('M 10 50 C 10 10 50 10 50 50 C 50 90 90 90 90 50 Z').data,
    );
  });

  test('goes on from the start of a ring after Z', () => {
    // Relative to (10, 10), where the first box began.
    const { data } = draw('M 10 10 h 5 v 5 h -5 z l 20 0 l 0 20 z');
    expect(data[15 * 100 + 25]).toBe(255);
  });

  test('turns with its map', () => {
    const turned = draw('M 0 0 H 20 V 10 H 0 Z', [0, 1, -1, 0, 60, 30]);
    // A quarter turn takes the box to x 50..60, y 30..50.
    expect(turned.data[40 * 100 + 55]).toBe(255);
    expect(turned.data[40 * 100 + 65]).toBe(0);
    expect(area(turned)).toBeCloseTo(200, 6);
  });

  test('is cut at the window, whichever side a shape leaves it', () => {
    expect(area(draw('M -50 -50 H 150 V 150 H -50 Z'))).toBe(10000);
    expect(area(draw('M 200 200 H 300 V 300 H 200 Z'))).toBe(0);
    expect(area(draw(circle(40), translation(-50, 0)))).toBeCloseTo(area(draw(circle(40))) / 2, 0);
  });

  test('of two boxes that share an edge is that of both as one', () => {
    const [left, right] = [
      draw('M 10 10 H 20.5 V 30 H 10 Z'),
      draw('M 20.5 10 H 40 V 30 H 20.5 Z'),
    ];
    expect(unite(left, right).data).toEqual(draw('M 10 10 H 40 V 30 H 10 Z').data);
    const both = draw('M 10 10 H 20.5 V 30 H 10 Z M 20.5 10 H 40 V 30 H 20.5 Z');
    expect(both.data).toEqual(draw('M 10 10 H 40 V 30 H 10 Z').data);
  });
});

describe('coverage of edges that cross', () => {
  /** Winding number of rings about a point, by the crossings to its left. */
  function windingAt(rings: readonly Polygon[], x: number, y: number): number {
    let winding = 0;
    for (const ring of rings) {
      ring.forEach((from, i) => {
        const to = ring[(i + 1) % ring.length];
        if (from.y <= y === to.y <= y) return;
        const crossing = from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x);
        if (crossing < x) winding += from.y < to.y ? 1 : -1;
      });
    }
    return winding;
  }

  const [size, samples] = [12, 40];

  /** Part of a pixel that is inside, by counting points. */
  function countedPart(rings: readonly Polygon[], rule: FillRule, px: number, py: number): number {
    let count = 0;
    for (let k = 0; k < samples * samples; k++) {
      const x = px + ((k % samples) + 0.5) / samples;
      const y = py + (Math.floor(k / samples) + 0.5) / samples;
      const winding = windingAt(rings, x, y);
      if (rule === 'nonzero' ? winding !== 0 : winding % 2 !== 0) count++;
    }
    return count / samples ** 2;
  }

  test.each([1, 2, 3, 4, 5, 6])('is what counting points finds, scribble %i', (seed) => {
    const next = numbers(seed * 7919);
    // Some points lie beyond the window, some on whole pixels.
    const rings = Array.from({ length: 1 + (seed % 3) }, () =>
      Array.from({ length: 3 + seed }, () => {
        const [x, y] = [next() * 20 - 4, next() * 20 - 4];
        return seed % 2 === 0 ? { x: Math.round(x), y: Math.round(y) } : { x, y };
      }),
    );
    for (const rule of ['nonzero', 'evenodd'] as const) {
      const { data } = rasterise(rings, rule, { x: 0, y: 0, width: size, height: size });
      data.forEach((value, i) => {
        const counted = countedPart(rings, rule, i % size, Math.floor(i / size));
        // Where edges meet, each is off by half a scanline of 16 at most; some meet in one pixel.
        expect(Math.abs(value / 255 - counted)).toBeLessThan(0.08);
      });
    }
  });

  test('has no line where shapes of opposite turn share an edge within a pixel', () => {
    const { data } = draw('M 10 10 H 20.5 V 30 H 10 Z M 20.5 10 V 30 H 40 V 10 Z');
    expect(data).toEqual(draw('M 10 10 H 40 V 30 H 10 Z').data);
  });

  test('is not doubled where a shape lies on itself', () => {
    const once = 'M 10.3 10 L 40.6 12 L 30.2 50 Z';
    expect(draw(`${once} ${once}`).data).toEqual(draw(once).data);
  });

  test('is exact along a slope', () => {
    // Under a line from (0, 1) to (10, 0), pixel x of the row is covered by 1 - (x + 0.5) / 10.
    const { data } = draw('M 0 0 L 10 0 L 0 1 Z');
    for (let x = 0; x < 10; x++) expect(data[x]).toBe(Math.round(255 * (1 - (x + 0.5) / 10)));
    expect(data[10]).toBe(0);
  });
});

test('two thousand segments across a large picture take a moment, not seconds', () => {
  const next = numbers(7);
  const ring = Array.from({ length: 2000 }, () => ({ x: 4000 * next(), y: 4000 * next() }));
  const start = process.cpuUsage();
  rasterise([ring], 'nonzero', { x: 0, y: 0, width: 4000, height: 4000 });
  // Processor time, not the clock's: 0.3 s; what grew with the segments times the pixels took 6 to 10 s.
  expect(process.cpuUsage(start).user).toBeLessThan(3e6);
});

test('what is no path is refused, and hostile numbers neither hang nor overflow', () => {
  expect(() => pathToPolygons('M 0 0 L 1e999 0 L 3 3 Z', identity)).toThrow(/not finite/);
  const wild = pathToPolygons('M 0 0 C 1e9 1e9 -1e9 1e9 10 0 Z', identity);
  expect(wild[0].length).toBeLessThan(3000);
  expect(() => pathToPolygons('M 0 0 L x', identity)).toThrow(/cannot read the shape's path/);
  expect(pathToPolygons('', identity)).toEqual([]);
});
