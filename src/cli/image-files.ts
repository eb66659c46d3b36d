/** Photos and region masks from files, through sharp. */
import { mkdir } from 'node:fs/promises';
import sharp from 'sharp';
import { flatten } from '../image/composite.js';
import { readMask } from '../image/mask-meaning.js';
import type { Point } from '../image/geometry.js';
import type { Coverage, RgbaImage } from '../image/raster.js';
import { UsageError } from './cli-error.js';

const minSide = 32;
const maxSide = 8000;

async function readRgba(path: string, what: string): Promise<RgbaImage> {
  try {
    const { data, info } = await sharp(path)
      .rotate()
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: new Uint8ClampedArray(data) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read the ${what} ${path}: ${reason}. Give a PNG, JPEG or WebP.`);
  }
}

/**
 * Reads a photo upright (EXIF orientation applied) as straight-alpha sRGB.
 * Throws: UsageError when it cannot be read or a side is under 32 or over 8,000 pixels.
 */
export async function readPhoto(path: string): Promise<RgbaImage> {
  const photo = await readRgba(path, 'photo');
  const { width, height } = photo;
  if (Math.min(width, height) < minSide || Math.max(width, height) > maxSide)
    throw new UsageError(
      `The photo ${path} is ${width} x ${height} pixels; each side must be ${minSide} to ${maxSide}.`,
    );
  return photo;
}

/**
 * Reads a region mask: white is filled; where the file has transparency, opaque is filled.
 * Throws: UsageError when unreadable, of another size than the photo, empty or covering everything.
 */
export async function readRegion(path: string, photo: RgbaImage): Promise<Coverage> {
  const { width, height, data } = await readRgba(path, 'region mask');
  if (width !== photo.width || height !== photo.height)
    throw new UsageError(
      `The region mask ${path} is ${width} x ${height} pixels, the photo ${photo.width} x ${photo.height}; make them equal.`,
    );
  const { coverage } = readMask({ width, height, data });
  checkRegion(path, coverage.data);
  return coverage;
}

function checkRegion(path: string, coverage: Uint8Array): void {
  if (coverage.every((value) => value === 0))
    throw new UsageError(
      `The region mask ${path} has nothing white or opaque; paint the area to fill in white.`,
    );
  if (coverage.every((value) => value === 255))
    throw new UsageError(
      `The region mask ${path} covers the whole photo; leave some of the picture to continue from.`,
    );
}

/** Makes the folder for results. Throws: UsageError when it cannot be made. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot make the folder ${folder}: ${reason}. Give another --out.`);
  }
}

/** Writes straight-alpha pixels as PNG. */
export async function writePng(path: string, { width, height, data }: RgbaImage): Promise<void> {
  await sharp(data, { raw: { width, height, channels: 4 } })
    .png()
    .toFile(path);
}

/** A fill as the command writes it, both of the photo's size. */
export interface PlacedLayer {
  /** Transparent outside the region. */
  readonly layer: RgbaImage;
  /** The layer over the photo. */
  readonly preview: RgbaImage;
}

/** Puts a fill where it lies on the photo. */
export function placeLayer(fill: RgbaImage, at: Point, photo: RgbaImage): PlacedLayer {
  const data = new Uint8ClampedArray(photo.data.length);
  for (let row = 0; row < fill.height; row++) {
    const from = 4 * row * fill.width;
    const to = 4 * ((at.y + row) * photo.width + at.x);
    data.set(fill.data.subarray(from, from + 4 * fill.width), to);
  }
  return { layer: { ...photo, data }, preview: flatten(photo, fill, at) };
}
