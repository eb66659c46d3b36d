/** Drawing into a hole: thick lines with round ends, boxes, ellipses. */
import type { Point, Rect, Size } from '../../image/geometry.js';
import type { Coverage } from '../../image/raster.js';

/** Nothing is a hole yet. */
export function noHole({ width, height }: Size): Coverage {
  return { width, height, data: new Uint8Array(width * height) };
}

/** Makes a hole of every pixel of which `isHole(x, y)` holds, within bounds. */
function mark(
  hole: Coverage,
  { x, y, width, height }: Rect,
  isHole: (x: number, y: number) => boolean,
): void {
  const [right, bottom] = [Math.min(hole.width, x + width), Math.min(hole.height, y + height)];
  for (let v = Math.max(0, y); v < bottom; v++) {
    for (let u = Math.max(0, x); u < right; u++) {
      if (isHole(u, v)) hole.data[v * hole.width + u] = 255;
    }
  }
}

/** A line from one pixel to another. Units: width in pixels, round at both ends. */
export function drawLine(hole: Coverage, from: Point, to: Point, width: number): void {
  const radius = width / 2;
  const [left, top] = [Math.min(from.x, to.x) - radius, Math.min(from.y, to.y) - radius];
  const bounds = {
    x: Math.floor(left),
    y: Math.floor(top),
    width: Math.ceil(Math.abs(to.x - from.x) + width) + 1,
    height: Math.ceil(Math.abs(to.y - from.y) + width) + 1,
  };
  const along = { x: to.x - from.x, y: to.y - from.y };
  const length2 = along.x ** 2 + along.y ** 2;
  mark(hole, bounds, (x, y) => {
    const part = length2 && ((x - from.x) * along.x + (y - from.y) * along.y) / length2;
    const nearest = Math.min(1, Math.max(0, part));
    const [dx, dy] = [x - from.x - nearest * along.x, y - from.y - nearest * along.y];
    return dx ** 2 + dy ** 2 <= radius ** 2;
  });
}

/** A box of whole pixels. */
export function drawBox(hole: Coverage, box: Rect): void {
  mark(hole, box, () => true);
}

/** The ellipse that touches the four sides of a rectangle. */
export function drawEllipse(hole: Coverage, { x, y, width, height }: Rect): void {
  const bounds = {
    x: Math.floor(x),
    y: Math.floor(y),
    width: Math.ceil(width) + 1,
    height: Math.ceil(height) + 1,
  };
  mark(hole, bounds, (u, v) => {
    const [dx, dy] = [(u + 0.5 - x) / width - 0.5, (v + 0.5 - y) / height - 0.5];
    return dx ** 2 + dy ** 2 <= 0.25;
  });
}

/** The part of the picture that is hole, 0 to 1. */
export function holeShare({ data }: Coverage): number {
  return data.reduce((sum, value) => sum + (value > 127 ? 1 : 0), 0) / data.length;
}
