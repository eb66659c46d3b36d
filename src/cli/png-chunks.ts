/** Profile, EXIF and density of a photo, as the chunks of a PNG that keeps them. */
import type { PictureFile } from './picture-file.js';

/** Whole chunks, with length and checksum. */
export interface PngChunks {
  readonly profile: Buffer | null;
  readonly exif: Buffer | null;
  readonly density: Buffer | null;
}

const signatureLength = 8;
/** Length, name and checksum. */
const chunkFrame = 12;

function chunksOf(png: Buffer): { name: string; chunk: Buffer }[] {
  const chunks = [];
  for (let at = signatureLength; at < png.length;) {
    const end = at + chunkFrame + png.readUInt32BE(at);
    chunks.push({ name: png.toString('latin1', at + 4, at + 8), chunk: png.subarray(at, end) });
    at = end;
  }
  return chunks;
}

/** Pixels a metre that libvips writes where it knows of none. */
const unknownDensity = 1000;

/**
 * Lets sharp write one pixel of the photo with its metadata, the orientation applied, and keeps the
 * chunks: so pixels that were made here get them unchanged, without a conversion between profiles.
 */
export async function copiedChunks(file: PictureFile, isGrey: boolean): Promise<PngChunks> {
  const one = file
    .open()
    .extract({ left: 0, top: 0, width: 1, height: 1 })
    .toColourspace(isGrey ? 'b-w' : 'srgb')
    .keepExif();
  // A profile of inks no longer fits: the pixels were converted.
  const carrier = file.metadata.space === 'cmyk' ? one : one.keepIccProfile();
  const chunks = chunksOf(await carrier.png().toBuffer());
  const find = (wanted: string) => chunks.find(({ name }) => name === wanted)?.chunk ?? null;
  const density = find('pHYs');
  return {
    profile: find('iCCP'),
    exif: find('eXIf'),
    density: density?.readUInt32BE(8) === unknownDensity ? null : density,
  };
}

/** Returns the PNG with these chunks in the place of its own of their kinds. */
export function withChunks(png: Buffer, { profile, exif, density }: PngChunks): Buffer {
  const [header, ...rest] = chunksOf(png).filter(({ name }) => name !== 'pHYs');
  const added = [profile, exif, density].filter((chunk) => chunk !== null);
  const signature = png.subarray(0, signatureLength);
  return Buffer.concat([signature, header.chunk, ...added, ...rest.map(({ chunk }) => chunk)]);
}
