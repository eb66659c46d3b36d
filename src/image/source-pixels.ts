/** What a photo gives to continue from: which of its pixels are seen, and whether it is grey. */
import type { PlanarImage } from './planar.js';
import type { Coverage, RgbaImage } from './raster.js';

/** Channels of a grey photo differ by no more: rounding of colour conversions. */
const greyTolerance = 2;

function largestAlpha(data: Uint8ClampedArray): number {
  let most = 0;
  for (let i = 3; i < data.length && most < 255; i += 4) most = Math.max(most, data[i]);
  return most;
}

/**
 * Adds to what is to be filled the pixels whose colour nobody sees, less than half as opaque as the
 * picture's most opaque one: a network is shown neither. The colour a file keeps under transparency
 * is no part of the picture.
 * Shapes: both of one size; returns 255 where unknown, the selection itself in an opaque picture.
 */
export function unknownPixels({ data }: RgbaImage, selection: Coverage): Coverage {
  const least = Math.max(1, largestAlpha(data) / 2);
  let unknown = selection;
  for (let i = 0; i < selection.data.length; i++) {
    if (data[4 * i + 3] >= least) continue;
    if (unknown === selection) unknown = { ...selection, data: selection.data.slice() };
    unknown.data[i] = 255;
  }
  return unknown;
}

/** True when no pixel that can be seen has a colour. */
export function isGreyImage({ data }: RgbaImage): boolean {
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 0) continue;
    const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
    if (Math.max(r, g, b) - Math.min(r, g, b) > greyTolerance) return false;
  }
  return true;
}

/** Returns the luminance in all three channels. Shapes: [3, H, W]. Source: Rec. 601. */
export function toGrey(image: PlanarImage): PlanarImage {
  const plane = image.width * image.height;
  const data = new Float32Array(image.data.length);
  for (let i = 0; i < plane; i++) {
    const [r, g, b] = [image.data[i], image.data[plane + i], image.data[2 * plane + i]];
    const luminance = 0.299 * r + 0.587 * g + 0.114 * b;
    data[i] = data[plane + i] = data[2 * plane + i] = luminance;
  }
  return { ...image, data };
}
