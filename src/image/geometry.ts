/**
 * Points, rectangles and affine maps shared by the panel, the plan and the composite.
 * Coordinate spaces are named where they are used: page (host units), raster (pixels of the
 * image being filled), context (pixels of the crop given to the sampler).
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Axis-aligned rectangle; for pixels: integer, half open. */
export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

/** Affine map in the order of canvas and gl-matrix: x' = a x + c y + tx, y' = b x + d y + ty. */
export type Mat2d = readonly [a: number, b: number, c: number, d: number, tx: number, ty: number];

export const identity: Mat2d = [1, 0, 0, 1, 0, 0];

export function scaling(x: number, y: number): Mat2d {
  return [x, 0, 0, y, 0, 0];
}

export function translation(x: number, y: number): Mat2d {
  return [1, 0, 0, 1, x, y];
}

/** Returns the map that applies `first`, then `second`. */
export function compose(second: Mat2d, first: Mat2d): Mat2d {
  const [a, b, c, d, tx, ty] = second;
  const [e, f, g, h, ux, uy] = first;
  return [
    a * e + c * f,
    b * e + d * f,
    a * g + c * h,
    b * g + d * h,
    a * ux + c * uy + tx,
    b * ux + d * uy + ty,
  ];
}

/** Throws: RangeError when the map flattens the plane. */
export function invert(map: Mat2d): Mat2d {
  const [a, b, c, d, tx, ty] = map;
  const det = a * d - b * c;
  if (!Number.isFinite(1 / det)) throw new RangeError(`[${map.join(', ')}] has no inverse`);
  return [d / det, -b / det, -c / det, a / det, (c * ty - d * tx) / det, (b * tx - a * ty) / det];
}

export function apply([a, b, c, d, tx, ty]: Mat2d, { x, y }: Point): Point {
  return { x: a * x + c * y + tx, y: b * x + d * y + ty };
}

/** A map as rotation (degrees, clockwise on screen), scale along x and y, and whether it mirrors. */
export interface Decomposed {
  readonly rotationDegrees: number;
  readonly scaleX: number;
  readonly scaleY: number;
  readonly isMirrored: boolean;
}

/** Takes a map without shear apart; the mirror is counted as a flip of y. */
export function decompose([a, b, c, d]: Mat2d): Decomposed {
  return {
    rotationDegrees: (Math.atan2(b, a) * 180) / Math.PI,
    scaleX: Math.hypot(a, b),
    scaleY: Math.hypot(c, d),
    isMirrored: a * d - b * c < 0,
  };
}

export function isEmptyRect({ width, height }: Rect): boolean {
  return !(width > 0 && height > 0);
}

/** The rectangle as seen from another's corner. */
export function moved(rect: Rect, { x, y }: Point): Rect {
  return { ...rect, x: rect.x - x, y: rect.y - y };
}

/** The smallest rectangle around all. Throws: RangeError when there is none. */
export function unionOf(rects: readonly Rect[]): Rect {
  if (rects.length === 0) throw new RangeError('a union needs at least one rectangle');
  const x = Math.min(...rects.map((rect) => rect.x));
  const y = Math.min(...rects.map((rect) => rect.y));
  const right = Math.max(...rects.map((rect) => rect.x + rect.width));
  const bottom = Math.max(...rects.map((rect) => rect.y + rect.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** True when two rectangles share area. */
export function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Returns the overlap; its width or height is 0 where there is none. */
export function intersect(a: Rect, b: Rect): Rect {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y),
  };
}

/** Adds a margin on each side, cut where it leaves the image. */
export function widen(rect: Rect, margin: number, image: Size): Rect {
  const x = Math.max(0, rect.x - margin);
  const y = Math.max(0, rect.y - margin);
  return {
    x,
    y,
    width: Math.min(image.width, rect.x + rect.width + margin) - x,
    height: Math.min(image.height, rect.y + rect.height + margin) - y,
  };
}

/** Grows outwards to whole pixels. */
export function roundOut({ x, y, width, height }: Rect): Rect {
  const left = Math.floor(x);
  const top = Math.floor(y);
  return {
    x: left,
    y: top,
    width: Math.ceil(x + width) - left,
    height: Math.ceil(y + height) - top,
  };
}

/** Returns the bounds of points. Throws: RangeError when there are none. */
export function boundsOf(points: readonly Point[]): Rect {
  if (points.length === 0) throw new RangeError('bounds need at least one point');
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Returns the bounds of a rectangle after a map. */
export function mapBounds(map: Mat2d, { x, y, width, height }: Rect): Rect {
  const corners = [
    { x, y },
    { x: x + width, y },
    { x, y: y + height },
    { x: x + width, y: y + height },
  ];
  return boundsOf(corners.map((corner) => apply(map, corner)));
}
