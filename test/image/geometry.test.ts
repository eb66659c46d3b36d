/** Affine maps and rectangles, by hand-made numbers. */
import { expect, test } from 'vitest';
import {
  apply,
  boundsOf,
  compose,
  decompose,
  intersect,
  invert,
  mapBounds,
  roundOut,
  scaling,
  translation,
  type Mat2d,
} from '../../src/image/geometry.js';

const quarterTurn: Mat2d = [0, 1, -1, 0, 0, 0];

test('a composed map does the first, then the second', () => {
  // (1, 0) turned by 90 degrees is (0, 1); moved by (10, 20) it is (10, 21).
  const map = compose(translation(10, 20), quarterTurn);
  expect(apply(map, { x: 1, y: 0 })).toEqual({ x: 10, y: 21 });
});

test('an inverse undoes its map', () => {
  const map: Mat2d = [2, 1, -0.5, 3, 7, -4];
  const back = apply(invert(map), apply(map, { x: 5, y: -6 }));
  expect(back.x).toBeCloseTo(5, 12);
  expect(back.y).toBeCloseTo(-6, 12);
  expect(() => invert([1, 2, 2, 4, 0, 0])).toThrow(RangeError);
});

test('a map is taken apart into turn, scale and mirror', () => {
  const turned = decompose(compose(quarterTurn, scaling(3, 2)));
  expect(turned).toMatchObject({ rotationDegrees: 90, scaleX: 3, scaleY: 2, isMirrored: false });
  expect(decompose(scaling(1, -1)).isMirrored).toBe(true);
});

test('bounds follow a turn, and overlaps may be empty', () => {
  expect(mapBounds(quarterTurn, { x: 0, y: 0, width: 4, height: 2 })).toEqual({
    x: -2,
    y: 0,
    width: 2,
    height: 4,
  });
  const box = { x: 0, y: 0, width: 10, height: 10 };
  expect(intersect(box, { x: 8, y: -5, width: 9, height: 9 })).toEqual({
    x: 8,
    y: 0,
    width: 2,
    height: 4,
  });
  expect(intersect(box, { x: 20, y: 0, width: 5, height: 5 }).width).toBe(0);
  expect(roundOut({ x: 0.2, y: -0.2, width: 1, height: 1 })).toEqual({
    x: 0,
    y: -1,
    width: 2,
    height: 2,
  });
  expect(() => boundsOf([])).toThrow(RangeError);
});
