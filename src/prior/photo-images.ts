/** What the photo prior is made from: a picture at one size, and the window of it that is walked. */
import type { Rect, Size } from '../image/geometry.js';
import type { PlanarImage } from '../image/planar.js';

/**
 * A picture and what of it is known.
 * Shapes: known [3, H, W], keepMask [H*W] with 1 = known. Units: [-1, 1], pixels of the picture.
 */
export interface PhotoImages {
  readonly known: PlanarImage;
  readonly keepMask: Float32Array;
  /** How textured the picture is, [2, H, W] as of `texture.ts`; null = not compared. */
  readonly texture: PlanarImage | null;
  /** What is expected of unknown pixels; null = nothing. */
  readonly hints: Hints | null;
  /** Where the walk takes place: all that is to be made lies in it. */
  readonly window: Rect;
}

/** Shapes: values [3, H, W], in [-1, 1], weights [H*W], 0..1, 0 = nothing is expected. */
export interface Hints {
  readonly values: Float32Array;
  readonly weights: Float32Array;
}

/** The part of it that tells what is known. */
type KnownImage = { readonly known: Size } & Pick<PhotoImages, 'keepMask'>;

/**
 * Which source patch lies over each pixel of the window: the index of its centre in the picture,
 * -1 for none. Shapes: places [window.height * window.width].
 */
export interface Matches {
  readonly size: Size;
  readonly window: Rect;
  readonly places: Int32Array;
}

/** Counts of known pixels in squares around each pixel, by a summed-area table. */
export class KnownCounts {
  private readonly _sums: Int32Array;
  private readonly _size: Size;

  constructor({ known: { width, height }, keepMask }: KnownImage) {
    this._size = { width, height };
    this._sums = new Int32Array((width + 1) * (height + 1));
    for (let y = 0; y < height; y++) {
      let row = 0;
      for (let x = 0; x < width; x++) {
        if (keepMask[y * width + x] === 1) row++;
        const above = this._sums[y * (width + 1) + x + 1];
        this._sums[(y + 1) * (width + 1) + x + 1] = above + row;
      }
    }
  }

  /** Known pixels, and all pixels, within `radius` of (x, y) and within the picture. */
  around(x: number, y: number, radius: number): { known: number; all: number } {
    const { width, height } = this._size;
    const [left, right] = [Math.max(0, x - radius), Math.min(width, x + radius + 1)];
    const [top, bottom] = [Math.max(0, y - radius), Math.min(height, y + radius + 1)];
    const at = (u: number, v: number) => this._sums[v * (width + 1) + u];
    const known = at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
    return { known, all: (right - left) * (bottom - top) };
  }

  /** True where a whole patch is known: it can be a source. */
  isSource(x: number, y: number, radius: number): boolean {
    return this.around(x, y, radius).known === (2 * radius + 1) ** 2;
  }
}
