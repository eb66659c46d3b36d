/** A mask that was saved as a picture, as coverage of the photo. */
import { isLossy, readHeader } from '../../image/file-kind.js';
import type { Size } from '../../image/geometry.js';
import { readMask } from '../../image/mask-meaning.js';
import { decodeBitmap } from '../selection/raster.js';
import type { Stamp } from './marks.js';

/**
 * Reads a mask stretched to the photo; `readMask` decides what in it is the region, as on the command
 * line. Throws: ProblemError that says what the file is when it cannot be read.
 */
export async function maskStamp(file: Blob, { width, height }: Size): Promise<Stamp> {
  const bitmap = await decodeBitmap(file);
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const bytes = new Uint8Array(await file.arrayBuffer());
  const kind = (await readHeader(bytes))?.kind;
  const data = new Uint8ClampedArray(context.getImageData(0, 0, width, height).data);
  const options = { isLossy: kind !== undefined && isLossy(kind, bytes) };
  const { coverage } = readMask({ width, height, data }, options);
  return { window: { x: 0, y: 0, width, height }, coverage };
}
