/** The two raster types every room passes around. */
import type { Size } from './geometry.js';

/** Straight-alpha 8-bit sRGB pixels, row-major. Shapes: data [height*width*4]. */
export interface RgbaImage extends Size {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** The user's area as coverage: 255 = fill here, 0 = keep. Shapes: data [height*width]. */
export interface Coverage extends Size {
  readonly data: Uint8Array<ArrayBuffer>;
}
