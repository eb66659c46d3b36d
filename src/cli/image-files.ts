/** Photos and region masks from files: what the fill sees of them, and what a preview must keep. */
import type { DeepImage } from '../image/composite.js';
import { coversEverything, coveredShare } from '../image/coverage.js';
import { isLossy, maxImageSide, minImageSide } from '../image/file-kind.js';
import type { Size } from '../image/geometry.js';
import { readMask, type MaskMeaning } from '../image/mask-meaning.js';
import type { Coverage, RgbaImage } from '../image/raster.js';
import { UsageError } from './cli-error.js';
import { decodePixels, openPicture, type PictureFile } from './picture-file.js';
import { copiedChunks, type PngChunks } from './png-chunks.js';

/** A photo upright, in the numbers of its own colour space. */
export interface PhotoFile extends Size {
  /** Straight-alpha 8-bit, for the fill. */
  readonly pixels: RgbaImage;
  /** The same in the file's own depth, for the preview. */
  readonly deep: DeepImage;
  readonly isGrey: boolean;
  readonly hasAlpha: boolean;
  /** Its profile, EXIF and density, as they are to be kept. */
  readonly kept: PngChunks;
  /** What the user should know of how it was read; sentences. */
  readonly remarks: readonly string[];
}

/**
 * Reads a photo upright (EXIF orientation applied).
 * Throws: UsageError when it cannot be read or a side is under 32 or over 8,000 pixels.
 */
export async function readPhoto(path: string): Promise<PhotoFile> {
  const file = await openPicture('photo', path);
  const isGrey = file.metadata.space === 'b-w' || file.metadata.space === 'grey16';
  const deep = await decodePixels('photo', path, file, () => readDeep(file));
  const { width, height } = deep;
  if (Math.min(width, height) < minImageSide)
    throw new UsageError(
      `The photo ${path} is ${width} x ${height} pixels; each side must be ${minImageSide} to ${maxImageSide}.`,
    );
  const kept = await decodePixels('photo', path, file, () => copiedChunks(file, isGrey));
  const pixels = { width, height, data: inEightBits(deep.data) };
  const hasAlpha = file.metadata.hasAlpha;
  return { width, height, pixels, deep, isGrey, hasAlpha, kept, remarks: remarksOn(path, file) };
}

function remarksOn(path: string, { isAnimation, metadata }: PictureFile): string[] {
  const remarks = [];
  if (isAnimation) remarks.push(`${path} holds several pictures; its first is used.`);
  if (metadata.space === 'cmyk')
    remarks.push(`${path} is CMYK; it is filled, and its preview written, in sRGB.`);
  return remarks;
}

async function readDeep(file: PictureFile): Promise<DeepImage> {
  const isDeep = file.metadata.depth === 'ushort';
  const { data, info } = await file
    .open()
    .toColourspace(isDeep ? 'rgb16' : 'srgb')
    .ensureAlpha()
    .raw({ depth: isDeep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const own = Uint8Array.from(data);
  return {
    width,
    height,
    data: isDeep ? new Uint16Array(own.buffer) : new Uint8ClampedArray(own.buffer),
  };
}

function inEightBits(data: DeepImage['data']): Uint8ClampedArray<ArrayBuffer> {
  return data instanceof Uint16Array ? Uint8ClampedArray.from(data, (value) => value / 257) : data;
}

/** A region as a mask file gave it. */
export interface RegionFile {
  readonly coverage: Coverage;
  /** What was taken for the region and its share of the photo, in words. */
  readonly taken: string;
  /** What may not be meant; sentences. */
  readonly warnings: readonly string[];
}

/** Above this part of the photo a region may well be the wrong way round. */
const suspiciousShare = 0.5;

/**
 * Reads a region mask; `readMask` decides what in it is the region.
 * Throws: UsageError when unreadable, of another size than the photo, empty or covering everything.
 */
export async function readRegion(
  path: string,
  photo: Size,
  isInverted: boolean,
): Promise<RegionFile> {
  const { file, pixels } = await readBeside('region mask', path, photo);
  const options = { isInverted, isLossy: isLossy(file.kind, file.bytes) };
  const { coverage, meaning, looksLikePhoto } = readMask(pixels, options);
  checkRegion(path, coverage);
  const share = coveredShare(coverage);
  const taken = `${percent(share)} of the photo, ${isInverted ? 'all but ' : ''}${wordsFor[meaning.kind](meaning)} in ${path}`;
  const warnings = [];
  if (looksLikePhoto) warnings.push(`${path} looks like a photo, not like a mask.`);
  if (share > suspiciousShare)
    warnings.push(
      `the region covers ${percent(share)} of the photo; if it is the wrong way round, ${isInverted ? 'leave out' : 'give'} --invert.`,
    );
  return { coverage, taken, warnings };
}

/**
 * Reads an earlier fill of a photo: a layer or a preview, as `fill` writes them.
 * Throws: UsageError when unreadable or of another size than the photo.
 */
export async function readChosen(path: string, photo: Size): Promise<RgbaImage> {
  return (await readBeside('fill', path, photo)).pixels;
}

/** Reads 8-bit pixels that lie over a photo's. */
async function readBeside(
  what: string,
  path: string,
  photo: Size,
): Promise<{ file: PictureFile; pixels: RgbaImage }> {
  const file = await openPicture(what, path);
  const pixels = await decodePixels(what, path, file, () =>
    file
      .open()
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
      .then(({ data, info: { width, height } }) => ({
        width,
        height,
        data: new Uint8ClampedArray(data),
      })),
  );
  const { width, height } = pixels;
  if (width !== photo.width || height !== photo.height)
    throw new UsageError(
      `The ${what} ${path} is ${width} x ${height} pixels, the photo ${photo.width} x ${photo.height}; make them equal.`,
    );
  return { file, pixels };
}

const wordsFor: Record<MaskMeaning['kind'], (meaning: MaskMeaning) => string> = {
  white: () => 'what is white',
  opaque: () => 'what is opaque',
  marked: (meaning) =>
    meaning.kind === 'marked'
      ? `what is not of the background's colour ${hex(meaning.background)}`
      : '',
};

function hex(colour: readonly number[]): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value < 10 ? value.toPrecision(2) : value.toFixed(1)} %`;
}

function checkRegion(path: string, coverage: Coverage): void {
  if (coverage.data.every((value) => value === 0))
    throw new UsageError(
      `The region mask ${path} has nothing white or opaque; paint the area to fill in white.`,
    );
  if (coversEverything(coverage))
    throw new UsageError(
      `The region mask ${path} covers the whole photo; leave some of the picture to continue from.`,
    );
}
