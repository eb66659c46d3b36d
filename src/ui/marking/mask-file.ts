/** A mask that was saved as a picture, as coverage of the photo. */
import type { Size } from '../../image/geometry.js';
import { decodeBitmap } from '../selection/raster.js';
import type { Stamp } from './marks.js';

/**
 * Reads a mask stretched to the photo: what is opaque where the picture has transparent parts,
 * else what is white. Throws: ProblemError imageUnreadable.
 */
export async function maskStamp(file: Blob, { width, height }: Size): Promise<Stamp> {
  const bitmap = await decodeBitmap(file);
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const strength = new Uint8Array(width * height);
  let isTransparent = false;
  for (let i = 3; i < data.length && !isTransparent; i += 4) isTransparent = data[i] < 255;
  for (let i = 0; i < strength.length; i++) {
    const [r, g, b, a] = data.subarray(4 * i, 4 * i + 4);
    strength[i] = isTransparent ? a : 0.299 * r + 0.587 * g + 0.114 * b;
  }
  return { window: { x: 0, y: 0, width, height }, coverage: { width, height, data: strength } };
}
