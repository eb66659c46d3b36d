/** Planar float images, as networks take them, and their 8-bit counterparts. */
import type { Point, Rect, Size } from './geometry.js';
import type { Coverage, RgbaImage } from './raster.js';

/** Channel planes one after another. Shapes: data [channels*height*width]. Units: RGB in [-1, 1]. */
export interface PlanarImage extends Size {
  readonly channels: number;
  readonly data: Float32Array;
}

/**
 * Converts 8-bit pixels to planar RGB; alpha is ignored, so a transparent pixel counts with the
 * colour its file stores (editors keep the colour beneath).
 * Units: 0..255 -> [-1, 1]. Source: spec 3.6, g = px / 127.5 - 1.
 */
export function planarFromRgba({ width, height, data }: RgbaImage): PlanarImage {
  const plane = width * height;
  const out = new Float32Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) out[c * plane + i] = data[4 * i + c] / 127.5 - 1;
  }
  return { width, height, channels: 3, data: out };
}

/** Converts planar RGB in [-1, 1] to opaque 8-bit pixels: clamped and rounded, never truncated. */
export function rgbaFromPlanar({ width, height, data }: PlanarImage): RgbaImage {
  const plane = width * height;
  const out = new Uint8ClampedArray(4 * plane);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) out[4 * i + c] = Math.round((data[c * plane + i] + 1) * 127.5);
    out[4 * i + 3] = 255;
  }
  return { width, height, data: out };
}

/** Throws: RangeError when the rectangle is not whole pixels within the image. */
export function checkCrop(size: Size, { x, y, width, height }: Rect): void {
  const isWhole = [x, y, width, height].every(Number.isInteger) && width > 0 && height > 0;
  if (isWhole && x >= 0 && y >= 0 && x + width <= size.width && y + height <= size.height) return;
  throw new RangeError(
    `crop ${width} x ${height} at ${x}, ${y} must be whole pixels within ${size.width} x ${size.height}`,
  );
}

/** Copies a rectangle out. Throws: RangeError when it leaves the image. */
export function cropRgba(image: RgbaImage, rect: Rect): RgbaImage {
  checkCrop(image, rect);
  const data = new Uint8ClampedArray(4 * rect.width * rect.height);
  for (let row = 0; row < rect.height; row++) {
    const from = 4 * ((rect.y + row) * image.width + rect.x);
    data.set(image.data.subarray(from, from + 4 * rect.width), 4 * row * rect.width);
  }
  return { width: rect.width, height: rect.height, data };
}

/** Copies a rectangle out. Throws: RangeError when it leaves the coverage. */
export function cropCoverage(coverage: Coverage, rect: Rect): Coverage {
  checkCrop(coverage, rect);
  const data = new Uint8Array(rect.width * rect.height);
  for (let row = 0; row < rect.height; row++) {
    const from = (rect.y + row) * coverage.width + rect.x;
    data.set(coverage.data.subarray(from, from + rect.width), row * rect.width);
  }
  return { width: rect.width, height: rect.height, data };
}

/** Copies a rectangle of every channel out. Throws: RangeError when it leaves the image. */
export function cropPlanar(image: PlanarImage, rect: Rect): PlanarImage {
  checkCrop(image, rect);
  const { width, height } = rect;
  const data = new Float32Array(image.channels * width * height);
  for (let line = 0; line < image.channels * height; line++) {
    const from =
      (Math.floor(line / height) * image.height + rect.y + (line % height)) * image.width;
    data.set(image.data.subarray(from + rect.x, from + rect.x + width), line * width);
  }
  return { ...image, width, height, data };
}

/** Returns the image with a part of it replaced. Throws: RangeError when the part leaves the image. */
export function pastePlanar(
  image: PlanarImage,
  part: PlanarImage,
  x: number,
  y: number,
): PlanarImage {
  const { width, height } = part;
  checkCrop(image, { x, y, width, height });
  const data = image.data.slice();
  for (let line = 0; line < image.channels * height; line++) {
    const row = Math.floor(line / height) * image.height + y + (line % height);
    data.set(part.data.subarray(line * width, (line + 1) * width), row * image.width + x);
  }
  return { ...image, data };
}

/** Writes a part into an image, in place. Throws: RangeError when the part leaves the image. */
export function pasteRgba(image: RgbaImage, part: RgbaImage, { x, y }: Point): void {
  checkCrop(image, { x, y, width: part.width, height: part.height });
  for (let row = 0; row < part.height; row++) {
    const line = part.data.subarray(4 * row * part.width, 4 * (row + 1) * part.width);
    image.data.set(line, 4 * ((y + row) * image.width + x));
  }
}
