/** A picture file opened: named, measured from its header, then decoded by sharp. */
import { readFile } from 'node:fs/promises';
import { decode as decodeBmp } from 'bmp-ts';
import sharp, { type Metadata, type Sharp } from 'sharp';
import {
  isAnimatedPng,
  isCutOff,
  kindTitle,
  maxImageSide,
  minImageSide,
  readHeader,
} from '../image/file-kind.js';
import type { Size } from '../image/geometry.js';
import { UsageError } from './cli-error.js';

/** What the command line reads; the panel what the browser does, and that is the same but TIFF. */
const readable = ['jpg', 'png', 'webp', 'avif', 'gif', 'tiff', 'bigtiff', 'bmp', 'svg'];

export interface PictureFile {
  readonly bytes: Buffer;
  /** As its bytes say: "jpg", "png" ... */
  readonly kind: string;
  readonly metadata: Metadata;
  /** Of more than one picture, the first is read. */
  readonly isAnimation: boolean;
  /** A new pipeline over the file, upright; its own numbers, whatever profile they are meant in. */
  open(): Sharp;
}

/** Says which file cannot be read and why, in one sentence. */
function unreadable(what: string, path: string, reason: string): UsageError {
  return new UsageError(`Cannot read the ${what} ${path}: ${reason}`);
}

const fileReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check the name.',
  EISDIR: 'it is a folder; give a file.',
  EACCES: 'reading it is not allowed; change its permissions.',
};

async function readBytes(what: string, path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(what, path, fileReasons[cause.code ?? ''] ?? `${cause.message}.`);
  });
  if (bytes.length === 0) throw unreadable(what, path, 'it is empty; save or copy it again.');
  return bytes;
}

/** Throws: UsageError when a side is larger than can be filled: before anything is decoded. */
function checkSides(what: string, path: string, { width, height }: Size): void {
  if (Math.max(width, height) <= maxImageSide) return;
  throw new UsageError(
    `The ${what} ${path} is ${width} x ${height} pixels; each side must be ${minImageSide} to ${maxImageSide}.`,
  );
}

/** Sharp reads no BMP. */
function fromBmp(bytes: Buffer): Sharp {
  const { data, width, height, bitPP } = decodeBmp(bytes, { toRGBA: true });
  // Most writers leave the fourth byte alone, and mean no transparency by it.
  const isOpaque = bitPP < 32 || data.every((value, i) => i % 4 < 3 || value === data[3]);
  if (isOpaque) for (let i = 3; i < data.length; i += 4) data[i] = 255;
  const image = sharp(data, { raw: { width, height, channels: 4 } });
  return isOpaque ? image.removeAlpha() : image;
}

function fromBytes(bytes: Buffer, isCmyk: boolean): Sharp {
  // Numbers of inks mean nothing without their profile; all others are kept as they are.
  const limitInputPixels = maxImageSide ** 2;
  return sharp(bytes, { ignoreIcc: !isCmyk, failOn: 'error', limitInputPixels }).autoOrient();
}

/**
 * Opens a picture file. Throws: UsageError with one sentence that names what the file is, when it is
 * not there, not a picture, cut off, of a kind that cannot be read, or larger than can be filled.
 */
export async function openPicture(what: string, path: string): Promise<PictureFile> {
  const bytes = await readBytes(what, path);
  const header = await readHeader(bytes);
  if (header) checkSides(what, path, header);
  const refused = refusal(header?.kind ?? null, bytes);
  if (refused) throw unreadable(what, path, refused);
  const kind = header?.kind ?? 'unknown';
  try {
    if (kind === 'bmp') {
      const png = await fromBmp(bytes).png({ compressionLevel: 1 }).toBuffer();
      return await pictureOf(png, kind);
    }
    return await pictureOf(bytes, kind);
  } catch (cause) {
    throw unreadable(what, path, damage(cause, header?.kind));
  }
}

async function pictureOf(bytes: Buffer, kind: string): Promise<PictureFile> {
  const metadata = await sharp(bytes, { limitInputPixels: maxImageSide ** 2 }).metadata();
  const isAnimation = (metadata.pages ?? 1) > 1 || isAnimatedPng(kind, bytes);
  const open = () => fromBytes(bytes, metadata.space === 'cmyk');
  return { bytes, kind, metadata, isAnimation, open };
}

/** Why a kind of file is not even tried; null when it is. */
function refusal(kind: string | null, bytes: Buffer): string | null {
  if (kind === null) return null;
  const title = kindTitle(kind);
  if (!readable.includes(kind))
    return `it is ${title}, which cannot be read here; save it as JPEG or PNG.`;
  return isCutOff(kind, bytes) ? `the ${title} file is cut off; save or copy it again.` : null;
}

/** What sharp says of a file that it cannot decode, in one line. */
function damage(cause: unknown, kind: string | undefined): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const [reason] = message.trim().split('\n');
  if (kind === undefined) return `it is no picture (${reason}). Give a PNG, JPEG or WebP.`;
  return `the ${kindTitle(kind)} file is damaged or cut off (${reason}); save or copy it again.`;
}

/** Decodes what `openPicture` opened. Throws: UsageError when the pixels are damaged. */
export async function decodePixels<T>(
  what: string,
  path: string,
  { kind }: PictureFile,
  decode: () => Promise<T>,
): Promise<T> {
  return decode().catch((cause: unknown) => {
    throw unreadable(what, path, damage(cause, kind));
  });
}
