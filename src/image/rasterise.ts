/** Polygons as anti-aliased coverage: exact along edges, sixteen scanlines a pixel where they meet. */
import { CoverageRow } from './coverage-row.js';
import type { Rect } from './geometry.js';
import { edgesOf, sortByKey, xAt, type Edge } from './polygon-edges.js';
import type { Coverage } from './raster.js';
import type { Polygon } from './region-path.js';

export type FillRule = 'nonzero' | 'evenodd';

const scanlinesPerPixel = 16;

/** Draws row after row, from the top. */
class Sweep {
  private _active: Edge[] = [];
  private _next = 0;
  /** Winding to the left of the edges still to be drawn: of all scanlines, and more on each. */
  private _winding = 0;
  private readonly _more = new Int32Array(scanlinesPerPixel);
  private _isSameOnAll = true;

  constructor(
    private readonly _edges: readonly Edge[],
    private readonly _rule: FillRule,
    private readonly _row: CoverageRow,
  ) {}

  /** Adds row y. Returns: false when no edge reaches it. */
  draw(y: number): boolean {
    this._activate(y);
    this._winding = 0;
    this._more.fill(0);
    this._isSameOnAll = true;
    const active = this._active;
    for (let start = 0; start < active.length;) {
      const end = this._groupEnd(start);
      if (this._isParallel(start, end, y)) this._drawParallel(start, end);
      else this._drawGroup(start, end, y);
      start = end;
    }
    return active.length > 0;
  }

  /** Finds the edges that reach row y, from left to right. */
  private _activate(y: number): void {
    const { _edges: edges, _active: active } = this;
    while (this._next < edges.length && edges[this._next].top < y + 1)
      active.push(edges[this._next++]);
    let count = 0;
    for (const edge of active) {
      if (edge.bottom <= y) continue;
      edge.enter = xAt(edge, y);
      edge.leave = xAt(edge, y + 1);
      edge.key = Math.min(edge.enter, edge.leave);
      active[count++] = edge;
    }
    active.length = count;
    sortByKey(active, 0, count);
  }

  /** Returns where the edges end that overlap in x, one with the next. */
  private _groupEnd(start: number): number {
    const active = this._active;
    let to = -Infinity;
    let end = start;
    do {
      const { enter, leave } = active[end++];
      to = Math.max(to, enter, leave);
    } while (end < active.length && active[end].key <= to);
    return end;
  }

  /** True for edges that go through the whole row without crossing; sorts them. */
  private _isParallel(start: number, end: number, y: number): boolean {
    if (!this._isSameOnAll) return false;
    const active = this._active;
    for (let i = start; i < end; i++) {
      if (active[i].top > y || active[i].bottom < y + 1) return false;
      active[i].key = active[i].enter + active[i].leave;
    }
    sortByKey(active, start, end);
    for (let i = start + 1; i < end; i++) {
      const [left, right] = [active[i - 1], active[i]];
      if (left.enter > right.enter || left.leave > right.leave) return false;
    }
    return true;
  }

  /** What changes from one side of an edge to the other: 1 = a shape begins, -1 = it ends. */
  private _change(left: number, right: number): number {
    if (this._rule === 'evenodd') return (right & 1) - (left & 1);
    return Number(right !== 0) - Number(left !== 0);
  }

  private _drawParallel(start: number, end: number): void {
    for (let i = start; i < end; i++) {
      const { enter, leave, winding } = this._active[i];
      const change = this._change(this._winding, this._winding + winding);
      if (change !== 0) this._row.addEdge(Math.min(enter, leave), Math.max(enter, leave), change);
      this._winding += winding;
    }
  }

  /** Edges that may cross or end within the row. */
  private _drawGroup(start: number, end: number, y: number): void {
    for (let k = 0; k < scanlinesPerPixel; k++) {
      const at = y + (k + 0.5) / scanlinesPerPixel;
      for (let i = start; i < end; i++) this._active[i].key = xAt(this._active[i], at);
      sortByKey(this._active, start, end);
      this._more[k] += this._drawScanline(start, end, at, this._winding + this._more[k]);
    }
    this._isSameOnAll = this._more.every((more) => more === this._more[0]);
    if (!this._isSameOnAll) return;
    this._winding += this._more[0];
    this._more.fill(0);
  }

  /** Returns: what the edges add to the winding. */
  private _drawScanline(start: number, end: number, at: number, left: number): number {
    let winding = left;
    for (let i = start; i < end; i++) {
      const edge = this._active[i];
      if (at < edge.top || at >= edge.bottom) continue;
      const change = this._change(winding, winding + edge.winding);
      if (change !== 0) this._row.addCrossing(edge.key, change / scanlinesPerPixel);
      winding += edge.winding;
    }
    return winding - left;
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
  const data = new Uint8Array(width * height);
  const row = new CoverageRow(width);
  const sweep = new Sweep(edgesOf(polygons, window), rule, row);
  for (let y = 0; y < height; y++) {
    if (sweep.draw(y)) row.moveTo(new Uint8ClampedArray(data.buffer, y * width, width));
  }
  return { width, height, data };
}
