/** One row of coverage, summed up from edges: what each adds is kept as the change it begins. */

/** Mean over a uniform x in [from, to] of what lies between it and `at`, 0 where it lies beyond. */
function meanBefore(at: number, from: number, to: number): number {
  if (at <= from) return 0;
  if (at >= to) return at - (from + to) / 2;
  return (at - from) ** 2 / (2 * (to - from));
}

/** Units: x in pixels of the row; weights are parts of a pixel's height, negative where a shape ends. */
export class CoverageRow {
  private readonly _changes: Float64Array;
  private _first: number;
  private _last = -1;

  constructor(private readonly _width: number) {
    // Two more, so that what lies to the right of the row needs no test.
    this._changes = new Float64Array(_width + 2);
    this._first = _width;
  }

  /** Covers everything to the right of x. */
  addCrossing(x: number, weight: number): void {
    const inside = Math.min(this._width, Math.max(0, x));
    const at = Math.floor(inside);
    this._changes[at] += weight * (at + 1 - inside);
    this._changes[at + 1] += weight * (inside - at);
    this._touch(at, at + 1);
  }

  /** Covers everything to the right of a straight edge that crosses the row between two x. */
  addEdge(from: number, to: number, weight: number): void {
    const start = Math.min(this._width, Math.max(0, Math.floor(from)));
    const end = Math.min(this._width, Math.max(0, Math.floor(to) + 1));
    let before = 0;
    let mean = meanBefore(start, from, to);
    for (let x = start; x <= end; x++) {
      const next = meanBefore(x + 1, from, to);
      this._changes[x] += weight * (next - mean - before);
      before = next - mean;
      mean = next;
    }
    this._touch(start, end);
  }

  private _touch(start: number, end: number): void {
    if (start < this._first) this._first = start;
    if (end > this._last) this._last = end;
  }

  /** Writes the row and begins a new one. Shapes: out [width], 255 = wholly covered. */
  moveTo(out: Uint8ClampedArray): void {
    let sum = 0;
    const last = Math.min(this._last, this._width - 1);
    for (let x = this._first; x <= last; x++) {
      sum += this._changes[x];
      out[x] = 255 * sum;
    }
    out.fill(255 * sum, last + 1);
    this._changes.fill(0, this._first, this._last + 1);
    this._first = this._width;
    this._last = -1;
  }
}
