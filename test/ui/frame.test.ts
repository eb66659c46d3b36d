import { describe, expect, test } from 'vitest';
import { apply, compose, decompose, translation, type Mat2d } from '../../src/image/geometry.js';
import type { TargetImage } from '../../src/protocol/sandbox-api.js';
import { originalFrame, renditionFrame } from '../../src/ui/selection/frame.js';
import { photo, rectangle } from './fake-host.js';

function turn(degrees: number): Mat2d {
  const angle = (degrees * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle), -Math.sin(angle), Math.cos(angle), 0, 0];
}

/** The photo moved by a map, its crop with it. */
function moved(map: Mat2d, crop = photo.crop): TargetImage {
  return { ...photo, mediaToPage: map, crop: { ...crop, localToPage: map } };
}

const bitmap = { width: 800, height: 600 };

/** Where a pixel of the bitmap ends up on the page by way of the raster. */
function pageOf(frame: ReturnType<typeof originalFrame>, x: number, y: number) {
  return apply(compose(frame.pixelsToPage, frame.bitmapToRaster), { x, y });
}

function expectPoint(got: { x: number; y: number }, x: number, y: number): void {
  expect(got.x).toBeCloseTo(x, 6);
  expect(got.y).toBeCloseTo(y, 6);
}

describe('the original bitmap', () => {
  test('keeps its own pixels', () => {
    const frame = originalFrame(photo, bitmap);
    expect(frame).toMatchObject(bitmap);
    expectPoint(apply(frame.pixelsToPage, { x: 800, y: 600 }), 400, 300);
    expectPoint(apply(frame.bitmapToRaster, { x: 7, y: 9 }), 7, 9);
  });

  test('is cut to the visible crop', () => {
    const crop = rectangle({ x: 100, y: 50, width: 200, height: 100 });
    const frame = originalFrame({ ...photo, crop }, bitmap);
    expect(frame).toMatchObject({ width: 400, height: 200 });
    expectPoint(apply(frame.pixelsToPage, { x: 0, y: 0 }), 100, 50);
    expectPoint(apply(frame.bitmapToRaster, { x: 200, y: 100 }), 0, 0);
  });

  test.each([0, 30, 90, 180, -135])('follows a turn of %i degrees', (degrees) => {
    const map = compose(translation(50, 20), turn(degrees));
    const frame = originalFrame(moved(map), bitmap);
    const expected = apply(map, { x: 100, y: 75 });
    expectPoint(pageOf(frame, 200, 150), expected.x, expected.y);
    expect(decompose(frame.pixelsToPage)).toMatchObject({ isMirrored: false });
    expect(decompose(frame.pixelsToPage).rotationDegrees).toBeCloseTo(degrees, 6);
  });

  test.each<[string, Mat2d]>([
    ['left to right', [-1, 0, 0, 1, 400, 0]],
    ['upside down', [1, 0, 0, -1, 0, 300]],
  ])('mirrored %s is drawn mirrored into an upright raster', (_, mirror) => {
    const frame = originalFrame(moved(mirror), bitmap);
    const placed = decompose(frame.pixelsToPage);
    expect(placed.isMirrored).toBe(false);
    expect(Math.abs(placed.rotationDegrees)).toBeCloseTo(0, 6);
    const expected = apply(mirror, { x: 10, y: 20 });
    expectPoint(pageOf(frame, 20, 40), expected.x, expected.y);
  });

  test('stretched on the page becomes square pixels', () => {
    const frame = originalFrame(photo, { width: 800, height: 300 });
    expect(frame).toMatchObject({ width: 800, height: 600 });
    expectPoint(pageOf(frame, 400, 150), 200, 150);
  });
});

describe('a page rendition', () => {
  const half: TargetImage = {
    ...moved([0.5, 0, 0, 0.5, 100, 60]),
    artboardBounds: { x: 10, y: 20, width: 400, height: 300 },
  };

  test('of an upright image keeps its pixels, cut to the image', () => {
    const frame = renditionFrame(half, bitmap);
    expect(frame).toMatchObject({ width: 400, height: 300 });
    expectPoint(apply(frame.pixelsToPage, { x: 0, y: 0 }), 100, 60);
    // Two pixels a unit; the rendition's first pixel lies at the artboard's corner (10, 20).
    expectPoint(apply(frame.bitmapToRaster, { x: 180, y: 80 }), 0, 0);
  });

  test('is cut to what of the image lies on the page', () => {
    const frame = renditionFrame(moved(translation(300, 0)), bitmap);
    expect(frame).toMatchObject({ width: 200, height: 600 });
  });

  test.each([25, -80])('is turned upright with an image turned %i degrees', (degrees) => {
    const map = compose(translation(200, 100), compose(turn(degrees), [0.2, 0, 0, 0.2, 0, 0]));
    const frame = renditionFrame(moved(map), bitmap);
    expect(decompose(frame.pixelsToPage).rotationDegrees).toBeCloseTo(degrees, 6);
    expect(decompose(frame.pixelsToPage).scaleX).toBeCloseTo(0.5, 6);
    expectPoint(pageOf(frame, 300, 200), 150, 100);
  });
});
