/** One movement of a marking tool, by pointer or by keys. Units: photo pixels. */
import {
  boundsOf,
  intersect,
  isEmptyRect,
  roundOut,
  type Point,
  type Size,
} from '../../image/geometry.js';
import { rasterise } from '../../image/rasterise.js';
import type { Polygon } from '../../image/region-path.js';
import type { MarkMode, Marks, Stamp } from './marks.js';

export const markTools = ['brush', 'eraser', 'lasso', 'rectangle', 'ellipse'] as const;
export type MarkTool = (typeof markTools)[number];

/** Corners of an ellipse or of a brush's round end: more cannot be told from a circle. */
const corners = 48;

export function ellipse(a: Point, b: Point): Polygon {
  const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2];
  const [rx, ry] = [Math.abs(a.x - b.x) / 2, Math.abs(a.y - b.y) / 2];
  return Array.from({ length: corners }, (_, k) => {
    const angle = (2 * Math.PI * k) / corners;
    return { x: x + rx * Math.cos(angle), y: y + ry * Math.sin(angle) };
  });
}

export function box(a: Point, b: Point): Polygon {
  return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
}

/** What a round brush covers on its way: its two ends and what lies between them. */
export function capsule(from: Point, to: Point, radius: number): Polygon {
  const along = Math.atan2(to.y - from.y, to.x - from.x);
  const half = corners / 2;
  const end = ({ x, y }: Point, start: number) =>
    Array.from({ length: half + 1 }, (_, k) => {
      const angle = start + (Math.PI * k) / half;
      return { x: x + radius * Math.cos(angle), y: y + radius * Math.sin(angle) };
    });
  return [...end(to, along - Math.PI / 2), ...end(from, along + Math.PI / 2)];
}

/** Rasterises a polygon where it lies on the photo; null where it does not. */
export function stampOf(polygon: Polygon, photo: Size): Stamp | null {
  if (polygon.length < 3) return null;
  const whole = { x: 0, y: 0, width: photo.width, height: photo.height };
  const window = intersect(roundOut(boundsOf(polygon)), whole);
  if (isEmptyRect(window)) return null;
  return { window, coverage: rasterise([polygon], 'nonzero', window) };
}

/** Brush and eraser mark as they go, the others when they end. */
export class Gesture {
  private readonly _path: Point[];

  constructor(
    private readonly _marks: Marks,
    readonly tool: MarkTool,
    private readonly _mode: MarkMode,
    start: Point,
    /** Of the brush. */
    radius = 1,
  ) {
    this._path = [start];
    _marks.begin();
    if (this._isBrush) this._stamp(capsule(start, start, radius));
  }

  /** What would be marked if it ended now; null for brushes, which have marked it. */
  get outline(): Polygon | null {
    const [start] = this._path;
    const last = this._path[this._path.length - 1];
    switch (this.tool) {
      case 'brush':
      case 'eraser':
        return null;
      case 'lasso':
        return this._path;
      case 'rectangle':
        return box(start, last);
      case 'ellipse':
        return ellipse(start, last);
    }
  }

  moveTo(point: Point, radius = 1): void {
    if (this._isBrush) this._stamp(capsule(this._path[this._path.length - 1], point, radius));
    this._path.push(point);
  }

  end(): void {
    if (this.outline) this._stamp(this.outline);
    this._marks.end();
  }

  cancel(): void {
    this._marks.cancel();
  }

  private get _isBrush(): boolean {
    return this.tool === 'brush' || this.tool === 'eraser';
  }

  private _stamp(polygon: Polygon): void {
    const stamp = stampOf(polygon, this._marks.coverage);
    const mode = this.tool === 'eraser' ? 'subtract' : this._mode;
    if (stamp) this._marks.paint(stamp, mode);
  }
}
