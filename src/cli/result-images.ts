/** A fill as the files the command writes: its layer, and a preview as like the photo as can be. */
import sharp, { type Sharp } from 'sharp';
import { flatten, type DeepImage } from '../image/composite.js';
import type { Point } from '../image/geometry.js';
import type { RgbaImage } from '../image/raster.js';
import type { PhotoFile } from './image-files.js';
import { withChunks } from './png-chunks.js';

export const previewFormats = ['png', 'jpeg', 'webp'] as const;
export type PreviewFormat = (typeof previewFormats)[number];

export const previewExtensions: Readonly<Record<PreviewFormat, string>> = {
  png: 'png',
  jpeg: 'jpg',
  webp: 'webp',
};

export interface PreviewOptions {
  readonly format: PreviewFormat;
  /** Of JPEG and WebP, 1..100. */
  readonly quality: number;
  readonly fillTransparent: boolean;
}

/** Drops the channels the photo's file does not have. Shapes: RGBA in, 1 to 4 channels out. */
function packed({ width, height, data }: DeepImage, isGrey: boolean, hasAlpha: boolean) {
  const from = [...(isGrey ? [0] : [0, 1, 2]), ...(hasAlpha ? [3] : [])];
  const channels = from.length as 1 | 2 | 3 | 4;
  const out =
    data instanceof Uint16Array
      ? new Uint16Array(width * height * channels)
      : new Uint8Array(width * height * channels);
  for (let i = 0, at = 0; i < data.length; i += 4) {
    for (const channel of from) out[at++] = data[i + channel];
  }
  return { data: out, raw: { width, height, channels } };
}

function pngOf(image: DeepImage, isGrey: boolean, hasAlpha: boolean): Promise<Buffer> {
  const { data, raw } = packed(image, isGrey, hasAlpha);
  const isDeep = data instanceof Uint16Array;
  const space = isGrey ? (isDeep ? 'grey16' : 'b-w') : isDeep ? 'rgb16' : 'srgb';
  return sharp(data, { raw }).toColourspace(space).png().toBuffer();
}

/**
 * The fill where it lies, transparent elsewhere, as PNG of the photo's size; in the photo's colours,
 * so with its profile, unless that is of a grey photo.
 */
export async function layerFile(fill: RgbaImage, at: Point, photo: PhotoFile): Promise<Buffer> {
  const { width, height, kept, isGrey } = photo;
  const data = new Uint8ClampedArray(4 * width * height);
  for (let row = 0; row < fill.height; row++) {
    const from = 4 * row * fill.width;
    data.set(fill.data.subarray(from, from + 4 * fill.width), 4 * ((at.y + row) * width + at.x));
  }
  const png = await pngOf({ width, height, data }, false, true);
  return withChunks(png, { ...kept, profile: isGrey ? null : kept.profile, exif: null });
}

/**
 * The layer over the photo: outside the region the photo's own numbers, bit for bit as PNG, in its
 * channels and depth, with its profile, EXIF and density. JPEG has no transparency: white is below.
 */
export async function previewFile(
  fill: RgbaImage,
  at: Point,
  photo: PhotoFile,
  { format, quality, fillTransparent }: PreviewOptions,
): Promise<Buffer> {
  const flat = flatten(photo.deep, fill, at, fillTransparent);
  const png = withChunks(await pngOf(flat, photo.isGrey, photo.hasAlpha), photo.kept);
  if (format === 'png') return png;
  const image = sharp(png, { ignoreIcc: true }).keepIccProfile().keepExif();
  return encoders[format](image, quality).toBuffer();
}

const encoders: Record<Exclude<PreviewFormat, 'png'>, (image: Sharp, quality: number) => Sharp> = {
  jpeg: (image, quality) =>
    image.flatten({ background: '#fff' }).jpeg({ quality, chromaSubsampling: '4:4:4' }),
  webp: (image, quality) => image.webp({ quality }),
};
