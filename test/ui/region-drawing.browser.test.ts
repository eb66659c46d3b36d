/** The picture of a region, read pixel by pixel. */
import { expect, test } from 'vitest';
import { unite } from '../../src/image/coverage.js';
import { rasterise, type FillRule } from '../../src/image/rasterise.js';
import { drawRegion, type Drawn } from '../../src/ui/elements/region-drawing.js';

const size = { width: 100, height: 80 };
const photo = { x: 0, y: 0, width: 200, height: 160 };

function box(x: number, y: number, width: number, height: number) {
  return [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
  ];
}

/** Draws shapes over a red raster twice as large. Returns the red of a pixel of the drawing. */
function draw(
  shapes: readonly ReturnType<typeof box>[][],
  fillRule: FillRule,
  more: Partial<Drawn> = {},
): (x: number, y: number) => number {
  const raster = new OffscreenCanvas(200, 160);
  const context = raster.getContext('2d')!;
  context.fillStyle = 'rgb(200 0 0)';
  context.fillRect(0, 0, 200, 160);
  const canvas = document.createElement('canvas');
  const coverage = shapes.map((rings) => rasterise(rings, fillRule, photo)).reduce(unite);
  const view = { scale: 0.5, x: 0, y: 0 };
  const drawn = { raster: { width: 200, height: 160, canvas: raster }, coverage, view, ...more };
  drawRegion(canvas, drawn, size, 1);
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, 100, 80);
  return (x, y) => data[4 * (y * 100 + x)];
}

/** 45 % black over 200. */
const dimmed = 110;

test('overlapping shapes have one outline around them all, and nothing within', () => {
  // On the canvas: x 20 to 50 and 40 to 80, y 20 to 60.
  const red = draw([[box(40, 40, 60, 80)], [box(80, 40, 80, 80)]], 'nonzero');
  for (let x = 21; x < 79; x++) expect(red(x, 40)).toBe(200);
  for (const x of [5, 15, 85, 95]) expect(red(x, 40)).toBe(dimmed);
  // The outline lies just outside: dark or white, never the picture.
  for (let y = 22; y < 58; y++) {
    expect([200, dimmed]).not.toContain(red(18, y));
    expect([200, dimmed]).not.toContain(red(81, y));
  }
});

test('shapes that touch have no line between them, also between pixels', () => {
  const red = draw([[box(40, 40, 60.7, 80)], [box(100.7, 40, 59.3, 80)]], 'nonzero');
  for (let x = 21; x < 79; x++) expect(red(x, 40)).toBe(200);
});

test('a hole in a shape is outside', () => {
  const red = draw([[box(20, 20, 160, 120), box(80, 60, 40, 40)]], 'evenodd');
  expect(red(50, 40)).toBe(dimmed);
  expect(red(20, 40)).toBe(200);
});

test('what is grown and what fades in are shown as they will be', () => {
  const shapes = [[box(80, 40, 80, 80)]];
  // 10 px of the photo are 5 of the drawing: what was marked from 40 on begins at 35.
  const grown = draw(shapes, 'nonzero', { grow: 10 });
  expect([grown(37, 40), grown(30, 40)]).toEqual([200, dimmed]);
  const faded = draw(shapes, 'nonzero', { feather: 20 });
  expect(faded(60, 40)).toBe(200);
  expect(faded(43, 40)).toBeGreaterThan(dimmed);
  expect(faded(43, 40)).toBeLessThan(200);
});
