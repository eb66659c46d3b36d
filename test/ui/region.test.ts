import { describe, expect, test } from 'vitest';
import { compose, scaling, translation, type Rect } from '../../src/image/geometry.js';
import type { RegionShape } from '../../src/protocol/sandbox-api.js';
import { ProblemError } from '../../src/ui/problem.js';
import { Marks } from '../../src/ui/marking/marks.js';
import { regionId, regionOf, takeShapes } from '../../src/ui/selection/region.js';
import { checkImageSize, type Raster } from '../../src/ui/selection/raster.js';
import { photo, rectangle } from './fake-host.js';

/** The photo at two pixels a unit; its pixels are not read here. */
const size = { width: 800, height: 600 };
const raster = {
  ...size,
  photo: { x: 0, y: 0, ...size },
  pixelsToPage: scaling(0.5, 0.5),
} as Raster;

function mark(shapes: RegionShape[], crop = photo.crop) {
  const marked = { target: { ...photo, crop }, raster, marks: new Marks(raster) };
  const problem = takeShapes(marked, shapes);
  if (problem) throw problem;
  return regionOf(marked, shapes);
}

function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ProblemError) return error.code;
    throw error;
  }
  return 'none';
}

const box: Rect = { x: 100, y: 60, width: 80, height: 60 };

describe('the marked region', () => {
  test('is found in raster pixels', () => {
    const region = mark([rectangle(box)]);
    expect(region.maskBounds).toEqual({ x: 200, y: 120, width: 160, height: 120 });
    const { data } = region.coverage({ x: 199, y: 120, width: 2, height: 1 });
    expect([...data]).toEqual([0, 255]);
  });

  test('grows, but never beyond the visible crop', () => {
    const crop = rectangle({ x: 0, y: 0, width: 181, height: 300 });
    const region = mark([rectangle(box)], crop);
    const { data } = region.coverage({ x: 190, y: 180, width: 200, height: 1 }, 8);
    // The box ends at 200 and 360, the crop at 362.
    expect([data[1], data[2], data[171], data[172]]).toEqual([0, 255, 255, 0]);
  });

  test('unites its shapes', () => {
    const region = mark([rectangle(box), rectangle({ x: 10, y: 10, width: 5, height: 5 })]);
    expect(region.maskBounds).toEqual({ x: 20, y: 20, width: 340, height: 220 });
    expect([...region.coverage({ x: 100, y: 20, width: 1, height: 1 }).data]).toEqual([0]);
  });

  test('ends at the image and at its crop', () => {
    const reachingOut = rectangle({ x: 350, y: 250, width: 200, height: 200 });
    const expected = { x: 700, y: 500, width: 100, height: 100 };
    expect(mark([reachingOut]).maskBounds).toEqual(expected);
    const crop = rectangle({ x: 0, y: 0, width: 375, height: 300 });
    expect(mark([reachingOut], crop).maskBounds).toEqual({ ...expected, width: 50 });
  });

  test('says when a shape gave only its bounds', () => {
    expect(mark([rectangle(box)]).isExact).toBe(true);
    expect(mark([{ ...rectangle(box), isExact: false }]).isExact).toBe(false);
  });

  test.each<[string, Rect]>([
    ['regionOutsideImage', { x: 500, y: 10, width: 20, height: 20 }],
    ['regionEmpty', { x: 100, y: 100, width: 0, height: 50 }],
    ['regionCoversEverything', { x: -5, y: -5, width: 500, height: 400 }],
  ])('is refused as %s', (code, rect) => {
    expect(problemOf(() => mark([rectangle(rect)]))).toBe(code);
  });

  test('that lies on a cropped-away part is empty', () => {
    const crop = rectangle({ x: 0, y: 0, width: 50, height: 300 });
    expect(problemOf(() => mark([rectangle(box)], crop))).toBe('regionEmpty');
  });

  test('has the same name for the same shapes, and another for others', () => {
    const name = regionId(photo, [rectangle(box)]);
    expect(name).toMatch(/^[0-9a-f]{8}$/);
    expect(regionId(photo, [rectangle({ ...box })])).toBe(name);
    expect(regionId({ ...photo, id: 'other' }, [rectangle(box)])).not.toBe(name);
    expect(regionId(photo, [rectangle({ ...box, x: 101 })])).not.toBe(name);
  });

  test('keeps its name when it moves with its photo', () => {
    const shape = rectangle(box);
    const away = translation(70, -30);
    const moved = { ...photo, mediaToPage: compose(away, photo.mediaToPage) };
    const along = { ...shape, localToPage: compose(away, shape.localToPage) };
    expect(regionId(moved, [along])).toBe(regionId(photo, [shape]));
    expect(regionId(moved, [shape])).not.toBe(regionId(photo, [shape]));
  });
});

test.each([
  [31, 400, 'imageTooSmall'],
  [32, 8000, 'none'],
  [400, 8001, 'imageTooLarge'],
])('an image of %i x %i px is %s', (width, height, code) => {
  expect(problemOf(() => checkImageSize({ width, height }))).toBe(code);
});
