/** Filling past a photo's edges: a larger canvas, of which all that is new is the region. */
import { InvalidArgumentError } from 'commander';
import type { DeepImage } from '../image/composite.js';
import { maxImageSide } from '../image/file-kind.js';
import type { Size } from '../image/geometry.js';
import { expandedSize, hasMargins, type Margins } from '../image/margins.js';
import type { Coverage } from '../image/raster.js';
import { UsageError } from './cli-error.js';
import type { PhotoFile, RegionFile } from './image-files.js';

/** Reads "top,right,bottom,left". Throws: InvalidArgumentError. */
export function parseMargins(text: string): Margins {
  const sides = text.split(',').map((side) => (side.trim() === '' ? NaN : Number(side)));
  const isMeant = sides.length === 4 && sides.every((side) => Number.isInteger(side) && side >= 0);
  const [top, right, bottom, left] = sides;
  const margins = { top, right, bottom, left };
  if (!isMeant || !hasMargins(margins))
    throw new InvalidArgumentError(
      'expected four whole numbers of pixels, top,right,bottom,left, one of them above 0.',
    );
  return margins;
}

/** The rows of one image within a larger one of zeros. */
function placed<T extends Uint8Array | Uint8ClampedArray | Uint16Array>(
  data: T,
  from: Size,
  to: Size,
  { top, left }: Margins,
  channels: number,
  out: T,
): T {
  for (let y = 0; y < from.height; y++) {
    const row = data.subarray(channels * y * from.width, channels * (y + 1) * from.width);
    out.set(row, channels * ((y + top) * to.width + left));
  }
  return out;
}

/** Throws: UsageError where the canvas would be too large. */
export function expandPhoto(photo: PhotoFile, margins: Margins): PhotoFile {
  const size = expandedSize(photo, margins);
  if (Math.max(size.width, size.height) > maxImageSide)
    throw new UsageError(
      `Expanded the photo would be ${size.width} x ${size.height} pixels; each side must be at most ${maxImageSide}.`,
    );
  const length = 4 * size.width * size.height;
  const { pixels, deep } = photo;
  const grow = (data: DeepImage['data']): DeepImage['data'] =>
    data instanceof Uint16Array
      ? placed(data, photo, size, margins, 4, new Uint16Array(length))
      : placed(data, photo, size, margins, 4, new Uint8ClampedArray(length));
  return {
    ...photo,
    ...size,
    pixels: {
      ...size,
      data: placed(pixels.data, photo, size, margins, 4, new Uint8ClampedArray(length)),
    },
    deep: { ...size, data: grow(deep.data) },
  };
}

/** The margins, and what was marked on the photo where it was. Shapes: photo as it was. */
export function expandRegion(
  marked: RegionFile | null,
  photo: Size,
  margins: Margins,
): { coverage: Coverage; taken: string } {
  const size = expandedSize(photo, margins);
  const data = new Uint8Array(size.width * size.height).fill(255);
  const inside = marked?.coverage.data ?? new Uint8Array(photo.width * photo.height);
  placed(inside, photo, size, margins, 1, data);
  const margin = `${size.width} x ${size.height} pixels instead of ${photo.width} x ${photo.height}`;
  const taken = marked ? `${marked.taken}, and the margins: ${margin}` : `the margins: ${margin}`;
  return { coverage: { ...size, data }, taken };
}
