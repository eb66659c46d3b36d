/** What a picture file is, by its first bytes: before it is decoded, and whoever decodes it. */
import type { Size } from './geometry.js';

export interface FileHeader extends Size {
  /** As its bytes say, whatever its name: "jpg", "png", "heic" ... */
  readonly kind: string;
}

/** Sides of photos that can be filled, pixels. */
export const minImageSide = 32;
export const maxImageSide = 8000;

/** Names of kinds as people know them, where they are not the kind in capitals. */
const titles: Readonly<Record<string, string>> = {
  jpg: 'JPEG',
  webp: 'WebP',
  heif: 'HEIC',
  bigtiff: 'TIFF',
  psd: 'Photoshop',
  j2c: 'JPEG 2000',
  jp2: 'JPEG 2000',
  jxl: 'JPEG XL',
  'jxl-stream': 'JPEG XL',
};

export function kindTitle(kind: string): string {
  return titles[kind] ?? kind.toUpperCase();
}

/**
 * Returns kind and size as stored (not turned upright), or null when the bytes do not say. What knows
 * the kinds is loaded with the first picture: the panel's first screen does without.
 */
export async function readHeader(bytes: Uint8Array): Promise<FileHeader | null> {
  if (startsWith(bytes, '%PDF')) return { kind: 'pdf', width: 0, height: 0 };
  const { imageSize } = await import('image-size');
  try {
    const { type, width, height } = imageSize(bytes);
    return type === undefined ? null : { kind: type, width, height };
  } catch {
    return null;
  }
}

function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  return Array.from(text).every((letter, i) => bytes[at + i] === letter.charCodeAt(0));
}

/** Where a short text is, or -1. */
function find(bytes: Uint8Array, text: string, from: number, to: number): number {
  for (let at = Math.max(0, from); at + text.length <= Math.min(to, bytes.length); at++) {
    if (bytes[at] === text.charCodeAt(0) && startsWith(bytes, text, at)) return at;
  }
  return -1;
}

/** Whole files end so; some cameras and editors write more after it. */
const endings: Readonly<Record<string, string>> = { jpg: '\xff\xd9', png: 'IEND' };
const mostTrailer = 1 << 20;
/** A JPEG's metadata may hold a small picture with an end of its own. */
const mostMetadata = 70_000;

/** True for a whole file whose end is missing: decoders may show half of it without a word. */
export function isCutOff(kind: string, bytes: Uint8Array): boolean {
  if (kind === 'webp') {
    const [a, b, c, d] = bytes.subarray(4, 8);
    return bytes.length < 8 + a + b * 2 ** 8 + c * 2 ** 16 + d * 2 ** 24;
  }
  const ending = endings[kind];
  const trailer = Math.min(mostTrailer, Math.max(4096, bytes.length - mostMetadata));
  return ending !== undefined && find(bytes, ending, bytes.length - trailer, Infinity) < 0;
}

/** True where compression has changed pixel values. */
export function isLossy(kind: string, bytes: Uint8Array): boolean {
  if (kind !== 'webp') return ['jpg', 'avif', 'jxl', 'heif', 'heic'].includes(kind);
  for (let at = 12; at + 8 <= bytes.length;) {
    if (startsWith(bytes, 'VP8 ', at)) return true;
    if (startsWith(bytes, 'VP8L', at)) return false;
    const [a, b, c] = bytes.subarray(at + 4, at + 7);
    const length = a + b * 2 ** 8 + c * 2 ** 16;
    at += 8 + length + (length % 2);
  }
  return true;
}

/** True for a PNG that moves; its first frame is what every viewer that knows no APNG shows. */
export function isAnimatedPng(kind: string, bytes: Uint8Array): boolean {
  const pixels = kind === 'png' ? find(bytes, 'IDAT', 0, Infinity) : -1;
  return pixels > 0 && find(bytes, 'acTL', 0, pixels) > 0;
}
