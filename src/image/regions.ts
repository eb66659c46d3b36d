/** The parts of a selection that lie far apart: each is filled from surroundings of its own. */
import { coverageBounds } from './coverage.js';
import { intersect, isEmptyRect, unionOf, widen, type Rect } from './geometry.js';
import { cropCoverage } from './planar.js';
import type { Coverage } from './raster.js';

/** One part. Bounds of two parts do not overlap. */
export interface RegionPart {
  /** Pixels of the coverage. */
  readonly bounds: Rect;
  /** Twice the largest distance to what is not covered; the picture's own edge does not count. */
  readonly thickness: number;
  /** Pixels that are covered at all. */
  readonly area: number;
}

/** Cells a side by which parts are told apart. */
const cells = 256;
/** Parts nearer than this share of the larger one's longer side belong together, at least 8 px. */
const nearby = 0.15;
const maxParts = 24;

/** Boxes of covered cells that touch each other. */
function touchingCells({ width, height, data }: Coverage): Rect[] {
  const cell = Math.max(1, Math.ceil(Math.max(width, height) / cells));
  const [columns, rows] = [Math.ceil(width / cell), Math.ceil(height / cell)];
  const isCovered = new Uint8Array(columns * rows);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / cell) * columns;
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] > 0) isCovered[row + Math.floor(x / cell)] = 1;
    }
  }
  const boxes: Rect[] = [];
  for (let start = 0; start < isCovered.length; start++) {
    if (isCovered[start]) boxes.push(flood(isCovered, columns, start));
  }
  return boxes.map(({ x, y, width, height }) => ({
    x: x * cell,
    y: y * cell,
    width: width * cell,
    height: height * cell,
  }));
}

/** Takes a connected part out of the cells. Returns: its box, in cells. */
function flood(isCovered: Uint8Array, columns: number, start: number): Rect {
  const open = [start];
  isCovered[start] = 0;
  let [left, right, top, bottom] = [columns, 0, isCovered.length, 0];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const [x, y] = [at % columns, Math.floor(at / columns)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    for (let v = y - 1; v <= y + 1; v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(columns - 1, x + 1); u++) {
        const next = v * columns + u;
        if (!isCovered[next]) continue;
        isCovered[next] = 0;
        open.push(next);
      }
    }
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

function areNear(a: Rect, b: Rect, share: number): boolean {
  const longest = Math.max(a.width, a.height, b.width, b.height);
  const gap = Math.max(8, Math.round(share * longest));
  const grown = {
    x: a.x - gap,
    y: a.y - gap,
    width: a.width + 2 * gap,
    height: a.height + 2 * gap,
  };
  return !isEmptyRect(intersect(grown, b));
}

/** Joins boxes until no two are near each other. */
function joined(boxes: readonly Rect[], share: number): Rect[] {
  const parts: Rect[] = [];
  for (const box of boxes) {
    let grown = box;
    for (let i = parts.findIndex((part) => areNear(part, grown, share)); i >= 0;) {
      grown = unionOf([grown, parts.splice(i, 1)[0]]);
      i = parts.findIndex((part) => areNear(part, grown, share));
    }
    parts.push(grown);
  }
  return parts;
}

/** Chamfer distances, two passes. Source: Borgefors 1986, weights 1 and sqrt 2. */
function thicknessOf({ width, height, data }: Coverage): number {
  const stride = width + 2;
  const far = width + height;
  const distance = new Float32Array(stride * (height + 2)).fill(far);
  const relax = (at: number, step: number) => {
    const straight = Math.min(distance[at - step], distance[at - step * stride]) + 1;
    const slanted = Math.min(
      distance[at - step * (stride - 1)],
      distance[at - step * (stride + 1)],
    );
    distance[at] = Math.min(distance[at], straight, slanted + Math.SQRT2);
  };
  let most = 0;
  for (let i = 0; i < data.length; i++) {
    const at = (Math.floor(i / width) + 1) * stride + (i % width) + 1;
    if (data[i] === 0) distance[at] = 0;
    else relax(at, 1);
  }
  for (let i = data.length - 1; i >= 0; i--) {
    const at = (Math.floor(i / width) + 1) * stride + (i % width) + 1;
    if (data[i] === 0) continue;
    relax(at, -1);
    if (distance[at] < far) most = Math.max(most, distance[at]);
  }
  return most > 0 ? 2 * most : Math.max(width, height);
}

/** Measures one part, with a pixel around it so that its own edge is seen. */
function measured(selection: Coverage, box: Rect): RegionPart {
  const tight = coverageBounds(cropCoverage(selection, box))!;
  const bounds = { ...tight, x: tight.x + box.x, y: tight.y + box.y };
  const part = cropCoverage(selection, widen(bounds, 1, selection));
  const area = part.data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
  return { bounds, thickness: thicknessOf(part), area };
}

/** Returns the parts of a selection, from the top down; none where nothing is covered. */
export function regionParts(selection: Coverage): RegionPart[] {
  const boxes = touchingCells(selection).map((box) => intersect(box, { x: 0, y: 0, ...selection }));
  let parts = joined(boxes, nearby);
  for (let share = 2 * nearby; parts.length > maxParts; share *= 2) parts = joined(parts, share);
  return parts.map((box) => measured(selection, box)).sort((a, b) => a.bounds.y - b.bounds.y);
}
