/** Vector paths as polygons: any SVG path data, through an affine map, flattened. */
import svgpath from 'svgpath';
import { apply, type Mat2d, type Point } from './geometry.js';

/** A closed ring; the last point joins the first. */
export type Polygon = readonly Point[];

/** Furthest a chord may lie from its curve, raster pixels. */
const flatness = 0.02;
/** Enough for a curve as long as the largest image; hostile ones get no more. */
const mostSteps = 2000;

/** Points of a cubic after its start, by uniform steps that keep the chords within `flatness`. */
function flattenCubic(p0: Point, p1: Point, p2: Point, p3: Point): Point[] {
  // Wang's bound: chords of n steps are within (3/4) * max|second difference| / n^2.
  const bend = Math.max(
    Math.hypot(p0.x - 2 * p1.x + p2.x, p0.y - 2 * p1.y + p2.y),
    Math.hypot(p1.x - 2 * p2.x + p3.x, p1.y - 2 * p2.y + p3.y),
  );
  const wanted = Math.ceil(Math.sqrt((0.75 * bend) / flatness));
  const steps = Math.min(mostSteps, Math.max(1, wanted));
  return Array.from({ length: steps }, (_, k) => {
    const t = (k + 1) / steps;
    const s = 1 - t;
    const [a, b, c, d] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
    return {
      x: a * p0.x + b * p1.x + c * p2.x + d * p3.x,
      y: a * p0.y + b * p1.y + c * p2.y + d * p3.y,
    };
  });
}

/** Builds rings from absolute commands M, L, H, V, C, Q and Z. */
class RingBuilder {
  readonly rings: Polygon[] = [];
  private _ring: Point[] = [];
  private _local: Point = { x: 0, y: 0 };
  private _start: Point = { x: 0, y: 0 };

  constructor(private readonly _map: Mat2d) {}

  moveTo(to: Point): void {
    this.close();
    this._start = to;
    this.lineTo(to);
  }

  lineTo(to: Point): void {
    this._local = to;
    this._ring.push(apply(this._map, to));
  }

  cubicTo(c1: Point, c2: Point, to: Point): void {
    const [a, b, c, d] = [this._local, c1, c2, to].map((point) => apply(this._map, point));
    for (const point of flattenCubic(a, b, c, d)) this._ring.push(point);
    this._local = to;
  }

  quadraticTo(control: Point, to: Point): void {
    const third = (p: Point) => ({
      x: p.x + (2 / 3) * (control.x - p.x),
      y: p.y + (2 / 3) * (control.y - p.y),
    });
    this.cubicTo(third(this._local), third(to), to);
  }

  /** Ends the ring; what follows starts from its first point. */
  close(): void {
    if (this._ring.length > 2) this.rings.push(this._ring);
    this._ring = [];
    this._local = this._start;
  }

  get at(): Point {
    return this._local;
  }

  /** Starts a new ring when a command follows Z without M. */
  ensureStarted(): void {
    if (this._ring.length === 0) this.lineTo(this._local);
  }
}

function draw(builder: RingBuilder, command: string, n: readonly number[]): void {
  if (!n.every(Number.isFinite))
    throw new RangeError(`cannot read the shape's path: ${command} ${n.join(' ')} is not finite`);
  if (command !== 'M' && command !== 'Z') builder.ensureStarted();
  switch (command) {
    case 'M':
      return builder.moveTo({ x: n[0], y: n[1] });
    case 'L':
      return builder.lineTo({ x: n[0], y: n[1] });
    case 'H':
      return builder.lineTo({ x: n[0], y: builder.at.y });
    case 'V':
      return builder.lineTo({ x: builder.at.x, y: n[0] });
    case 'C':
      return builder.cubicTo({ x: n[0], y: n[1] }, { x: n[2], y: n[3] }, { x: n[4], y: n[5] });
    case 'Q':
      return builder.quadraticTo({ x: n[0], y: n[1] }, { x: n[2], y: n[3] });
    case 'Z':
      return builder.close();
    default:
      throw new RangeError(`path command must be one of M L H V C Q Z, got "${command}"`);
  }
}

/**
 * Flattens SVG path data (every command, relative and shorthand too) through a map.
 * Open subpaths are closed, as filling does. Units: polygons in raster pixels.
 * Throws: RangeError when the text is no path data.
 */
export function pathToPolygons(pathData: string, toRaster: Mat2d): Polygon[] {
  const path = svgpath(pathData).abs().unarc().unshort();
  const problem = (path as unknown as { err: string }).err;
  if (problem) throw new RangeError(`cannot read the shape's path: ${problem}`);
  const builder = new RingBuilder(toRaster);
  path.iterate(([command, ...numbers]) => draw(builder, command, numbers as number[]));
  builder.close();
  return builder.rings;
}
