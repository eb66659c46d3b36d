/**
 * Points, rectangles and affine maps shared by the panel, the plan and the composite.
 * Coordinate spaces are named where they are used: page (host units), raster (pixels of the
 * image being filled), context (pixels of the crop given to the sampler).
 */

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
