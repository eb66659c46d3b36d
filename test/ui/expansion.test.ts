/** Shapes that reach past the photo's edge. Oracles: the photo of 400 x 300 units at two pixels each. */
import { describe, expect, test } from 'vitest';
import {
  apply,
  compose,
  scaling,
  translation,
  type Mat2d,
  type Rect,
} from '../../src/image/geometry.js';
import { expandedSize, noMargins, reachPast, type Margins } from '../../src/image/margins.js';
import { Marks } from '../../src/ui/marking/marks.js';
import {
  isExpanded,
  isOffPage,
  isRectangular,
  marginsFor,
} from '../../src/ui/selection/expansion.js';
import { opaqueCells, readCells } from '../../src/ui/selection/opaque-cells.js';
import type { Raster } from '../../src/ui/selection/raster.js';
import { regionId, regionOf, takeShapes } from '../../src/ui/selection/region.js';
import { photo, rectangle } from './fake-host.js';

const size = { width: 800, height: 600 };
const whole = { x: 0, y: 0, ...size };

/** What `expandRaster` makes of the photo, without its pixels. */
function raster(margins: Margins = noMargins): Raster {
  const { left, top } = margins;
  const pixelsToPage: Mat2d = compose(scaling(0.5, 0.5), translation(-left, -top));
  const place = {
    pixelsToPage,
    photo: { x: left, y: top, ...size },
    pixelSize: 1,
    sizesIn: 'photo' as const,
  };
  return { ...expandedSize(size, margins), ...place } as Raster;
}

/** A shape of the page as the photo's pixels. */
function inPixels({ x, y, width, height }: Rect): Rect {
  return { x: 2 * x, y: 2 * y, width: 2 * width, height: 2 * height };
}

function regionAt(shape: Rect) {
  const expanded = raster(marginsFor(size, size, [inPixels(shape)]));
  const marked = { target: photo, raster: expanded, marks: new Marks(expanded) };
  const shapes = [rectangle(shape)];
  const problem = takeShapes(marked, shapes);
  if (problem) throw problem;
  return regionOf(marked, shapes);
}

test('how far a rectangle reaches past each edge of another', () => {
  const edges = { x: 10, y: 20, width: 100, height: 50 };
  expect(reachPast({ x: 30, y: 30, width: 10, height: 10 }, edges)).toEqual(noMargins);
  const larger = { x: 7, y: 18, width: 108, height: 60 };
  expect(reachPast(larger, edges)).toEqual({ top: 2, right: 5, bottom: 8, left: 3 });
});

describe('the margins for shapes', () => {
  test.each<[string, Rect, Margins]>([
    ['to the right', { x: 600, y: 100, width: 320, height: 80 }, { ...noMargins, right: 120 }],
    ['at a corner', { x: -50, y: -31, width: 99, height: 99 }, { ...noMargins, left: 50, top: 31 }],
    [
      'downwards, part of a pixel',
      { x: 0, y: 500, width: 9, height: 120.4 },
      { ...noMargins, bottom: 21 },
    ],
    ['by a slip of the hand', { x: 700, y: 100, width: 115, height: 80 }, noMargins],
    ['not at all', { x: 100, y: 100, width: 115, height: 80 }, noMargins],
    ['from beside the photo', { x: 801, y: 100, width: 200, height: 80 }, noMargins],
    ['from its very edge', { x: 800, y: 100, width: 200, height: 80 }, noMargins],
  ])('that reach %s', (_, shape, expected) => {
    expect(marginsFor(size, size, [shape])).toEqual(expected);
  });

  test('hold all of them; one that lies beside the photo adds nothing', () => {
    const reaching = [
      { x: 700, y: 0, width: 140, height: 10 },
      { x: 0, y: 500, width: 10, height: 160 },
      { x: 2000, y: 0, width: 10, height: 10 },
    ];
    expect(marginsFor(size, size, reaching)).toEqual({ ...noMargins, right: 40, bottom: 60 });
  });
});

describe('a region past the photo’s edge', () => {
  test('is as large as its shape, and is told in the photo’s pixels', () => {
    const region = regionAt({ x: 300, y: 50, width: 160, height: 40 });
    expect(region.maskBounds).toEqual({ x: 600, y: 100, width: 320, height: 80 });
    expect(region.past).toEqual({ ...noMargins, right: 120 });
    expect(region.photo).toEqual(size);
    expect([isExpanded(region), isOffPage(region)]).toEqual([true, true]);
  });

  test('lies where its shape lies on the page, also left of the photo', () => {
    const region = regionAt({ x: -60, y: 50, width: 160, height: 40 });
    expect(region.maskBounds).toEqual({ x: 0, y: 100, width: 320, height: 80 });
    expect(region.past).toEqual({ ...noMargins, left: 120 });
    const { x, y } = region.maskBounds;
    expect(apply(region.raster.pixelsToPage, { x, y })).toEqual({ x: -60, y: 50 });
  });

  test('ends at the larger picture’s border, and grows elsewhere', () => {
    const region = regionAt({ x: 300, y: 50, width: 160, height: 40 });
    const row = region.coverage({ x: 590, y: 140, width: 330, height: 1 }, 4).data;
    expect([row[5], row[6], row[329]]).toEqual([0, 255, 255]);
    expect(region.raster.width).toBe(920);
  });

  test('has another name than where it ends at the edge', () => {
    const shape = { x: 300, y: 50, width: 160, height: 40 };
    expect(regionAt(shape).id).not.toBe(regionId(photo, [rectangle(shape)]));
    const inside = { x: 30, y: 50, width: 160, height: 40 };
    expect(regionAt(inside).id).toBe(regionId(photo, [rectangle(inside)]));
  });

  test('that covers the whole photo leaves nothing to continue from', () => {
    expect(() => regionAt({ x: -50, y: -50, width: 500, height: 400 })).toThrow(
      'regionCoversEverything',
    );
  });
});

test('only a photo that is all of its rectangle has an edge to go past', () => {
  expect(isRectangular(photo, raster())).toBe(true);
  expect(isRectangular(photo, raster({ ...noMargins, left: 40 }))).toBe(true);
  const half = rectangle({ x: 0, y: 0, width: 200, height: 300 });
  expect(isRectangular({ ...photo, crop: half }, raster())).toBe(false);
  const round = { ...photo.crop, path: 'M 0 150 A 200 150 0 0 1 400 150 A 200 150 0 0 1 0 150 Z' };
  expect(isRectangular({ ...photo, crop: round }, raster())).toBe(false);
});

test('marks stay on the photo when it is expanded, and may lie beyond it', () => {
  const margins = { ...noMargins, left: 40, top: 10 };
  const marks = new Marks(raster(margins));
  const data = new Uint8Array(20 * 30).fill(255);
  const window = { x: 30, y: 5, width: 20, height: 30 };
  marks.paint({ window, coverage: { width: 20, height: 30, data } }, 'add');
  const painted = marks.painted()!;
  expect(painted.window).toEqual({ x: -10, y: -5, width: 20, height: 30 });
  expect(marks.paintedBounds).toEqual(painted.window);
  const larger = new Marks(raster({ ...margins, left: 100 }));
  larger.restore(painted);
  expect(larger.coverage.data[5 * 900 + 90]).toBe(255);
  expect(larger.coverage.data[5 * 900 + 89]).toBe(0);
  expect(() => new Marks({ ...whole, ...size }).restore(painted)).toThrow('within 800 x 600');
});

describe('where a fill is opaque', () => {
  /** Transparent but for a rectangle. */
  function image(width: number, height: number, opaque: Rect) {
    const data = new Uint8ClampedArray(4 * width * height);
    for (let y = opaque.y; y < opaque.y + opaque.height; y++) {
      for (let x = opaque.x; x < opaque.x + opaque.width; x++) data[4 * (y * width + x) + 3] = 255;
    }
    return { width, height, data };
  }
  const set = (text: string) => {
    const { width, data } = readCells(text)!;
    const cells = Array.from({ length: data.length / 4 }, (_, cell) => cell);
    return cells
      .filter((cell) => data[4 * cell] === 255)
      .map((cell) => [cell % width, Math.floor(cell / width)]);
  };

  test('is written pixel for pixel of a small one', () => {
    const text = opaqueCells(image(5, 3, { x: 1, y: 0, width: 2, height: 2 }));
    expect(text).toMatch(/^5x3:/);
    expect(set(text)).toEqual([
      [1, 0],
      [2, 0],
      [1, 1],
      [2, 1],
    ]);
  });

  test('claims no cell of a large one that is not opaque all over', () => {
    // Cells of 10 pixels: the rectangle covers 2.5 to 4.5, so cell 3 alone is whole.
    const text = opaqueCells(image(640, 20, { x: 25, y: 0, width: 20, height: 20 }));
    expect(text).toMatch(/^64x2:/);
    expect(set(text)).toEqual([
      [3, 0],
      [3, 1],
    ]);
    expect(opaqueCells(image(1024, 1024, { x: 0, y: 0, width: 0, height: 0 })).length).toBeLessThan(
      700,
    );
  });

  test.each([
    '',
    '0x3:AAAA',
    '65x1:AAAA',
    '9x9:',
    '5x3:!!!!',
    '5x3:AAA',
    'x'.repeat(4000),
    '8x8:AAAA',
  ])('is not read from what a stranger wrote: %s', (text) => expect(readCells(text)).toBeNull());
});
