/** Polygons as anti-aliased coverage: exact in x, sixteen scanlines a pixel in y. */
import type { Rect } from './geometry.js';
import type { Coverage } from './raster.js';
import type { Polygon } from './region-path.js';

export type FillRule = 'nonzero' | 'evenodd';

const scanlinesPerPixel = 16;

/** A non-horizontal edge, from its upper to its lower end. */
interface Edge {
  readonly top: number;
  readonly bottom: number;
  /** x at y = 0, and change of x with y. */
  readonly x0: number;
  readonly slope: number;
  readonly winding: 1 | -1;
}

interface Crossing {
  readonly x: number;
  readonly winding: number;
}

function edgesOf(polygons: readonly Polygon[]): Edge[] {
  const edges: Edge[] = [];
  for (const ring of polygons) {
    ring.forEach((from, i) => {
      const to = ring[(i + 1) % ring.length];
      if (from.y === to.y) return;
      const slope = (to.x - from.x) / (to.y - from.y);
      const ends = { x0: from.x - slope * from.y, slope };
      if (from.y < to.y) edges.push({ top: from.y, bottom: to.y, ...ends, winding: 1 });
      else edges.push({ top: to.y, bottom: from.y, ...ends, winding: -1 });
    });
  }
  return edges.sort((a, b) => a.top - b.top);
}

/** Adds the length of [left, right) within each pixel of the row. */
function addSpan(row: Float64Array, left: number, right: number): void {
  const from = Math.max(0, left);
  const to = Math.min(row.length, right);
  if (to <= from) return;
  const first = Math.floor(from);
  const last = Math.min(row.length - 1, Math.ceil(to) - 1);
  if (first === last) {
    row[first] += to - from;
    return;
  }
  row[first] += first + 1 - from;
  for (let x = first + 1; x < last; x++) row[x] += 1;
  row[last] += to - last;
}

function addScanline(row: Float64Array, crossings: Crossing[], rule: FillRule, left: number): void {
  crossings.sort((a, b) => a.x - b.x);
  let winding = 0;
  for (let k = 0; k + 1 < crossings.length; k++) {
    winding += crossings[k].winding;
    const isInside = rule === 'nonzero' ? winding !== 0 : (k & 1) === 0;
    if (isInside) addSpan(row, crossings[k].x - left, crossings[k + 1].x - left);
  }
}

/**
 * Rasterises polygons within a window of whole pixels.
 * Shapes: returns coverage of the window's size. Units: 255 = wholly inside.
 * Throws: RangeError when the window is not whole pixels.
 */
export function rasterise(polygons: readonly Polygon[], rule: FillRule, window: Rect): Coverage {
  const { x: left, y: top, width, height } = window;
  if (![left, top, width, height].every(Number.isInteger))
    throw new RangeError(
      `window must be whole pixels, got ${width} x ${height} at ${left}, ${top}`,
    );
  const edges = edgesOf(polygons);
  const data = new Uint8Array(width * height);
  const row = new Float64Array(width);
  let active: Edge[] = [];
  let next = 0;
  for (let y = 0; y < height; y++) {
    const bottom = top + y + 1;
    while (next < edges.length && edges[next].top < bottom) active.push(edges[next++]);
    active = active.filter((edge) => edge.bottom > top + y);
    if (active.length === 0) continue;
    row.fill(0);
    for (let k = 0; k < scanlinesPerPixel; k++) {
      const at = top + y + (k + 0.5) / scanlinesPerPixel;
      const crossings = active
        .filter((edge) => edge.top <= at && at < edge.bottom)
        .map(({ x0, slope, winding }) => ({ x: x0 + slope * at, winding }));
      addScanline(row, crossings, rule, left);
    }
    for (let x = 0; x < width; x++) {
      data[y * width + x] = Math.round(
        (255 * Math.min(row[x], scanlinesPerPixel)) / scanlinesPerPixel,
      );
    }
  }
  return { width, height, data };
}
