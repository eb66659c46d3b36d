/** PNG bytes, exact: no premultiplication on the way, unlike a canvas. */
import { decode, encode } from 'fast-png';
import type { RgbaImage } from './raster.js';

/** Encodes straight-alpha pixels. */
export function encodePng({ width, height, data }: RgbaImage): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    encode({
      width,
      height,
      data: new Uint8Array(data.buffer, data.byteOffset, data.length),
      channels: 4,
      depth: 8,
    }),
  );
}

/** Decodes an 8-bit RGBA PNG. Throws: RangeError for any other kind. */
export function decodePng(bytes: Uint8Array): RgbaImage {
  const { width, height, data, channels, depth } = decode(bytes);
  if (channels !== 4 || depth !== 8)
    throw new RangeError(`expected 8-bit RGBA, got ${channels} channels of ${depth} bits`);
  return { width, height, data: new Uint8ClampedArray(data) };
}
