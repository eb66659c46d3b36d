/** The photos and mask images of an evaluation, read as squares of one size. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { Coverage, RgbaImage } from '../../image/raster.js';
import { RepaintError } from '../../protocol/failure.js';

const imageFile = /\.(png|jpe?g|webp|tiff?|avif|gif)$/i;

/** Lists a folder's pictures by name, in the order of their characters' codes. */
export async function imageFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: Error) => {
    throw new RepaintError('badRequest', `Cannot read the folder ${folder}: ${cause.message}.`);
  });
  return names.filter((name) => imageFile.test(name) && !name.startsWith('.')).sort();
}

/** A picture that cannot be used: it is listed, and the evaluation goes on. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

async function pixels(file: string, change: (image: Sharp) => Sharp): Promise<RgbaImage> {
  try {
    const { data, info } = await change(sharp(file).rotate().toColourspace('srgb'))
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: new Uint8ClampedArray(data) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UnreadableError(`${path.basename(file)} cannot be read: ${reason.split('\n')[0]}`);
  }
}

/** Reads a picture as it is. Throws: UnreadableError. */
export const readPicture = (file: string): Promise<RgbaImage> => pixels(file, (image) => image);

/**
 * Reads the middle square of a photo, upright, at a size, as the paper's tables do.
 * Throws: UnreadableError.
 */
export const readSquare = (file: string, size: number): Promise<RgbaImage> =>
  pixels(file, (image) =>
    image.flatten({ background: '#fff' }).resize(size, size, { fit: 'cover' }),
  );

/** Reads a mask image: white is the hole. Throws: UnreadableError. */
export async function readHole(file: string, size: number): Promise<Coverage> {
  const { data } = await pixels(file, (image) =>
    image.flatten().resize(size, size, { fit: 'cover', kernel: 'nearest' }),
  );
  const hole = Uint8Array.from({ length: size * size }, (_, i) => (data[4 * i] > 127 ? 255 : 0));
  return { width: size, height: size, data: hole };
}

/** Encodes pixels as PNG, the same bytes for the same pixels. */
export function encodePng({ width, height, data }: RgbaImage): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** A hole as black and white pixels. */
export function holePicture({ width, height, data }: Coverage): RgbaImage {
  const out = Uint8ClampedArray.from({ length: 4 * data.length }, (_, i) =>
    i % 4 === 3 ? 255 : data[i >> 2],
  );
  return { width, height, data: out };
}
