/** The photos a new network is tried on: shipped beside the worker, decoded by the browser. */
import { planarAtSize } from '../image/resize.js';
import type { PlanarImage } from '../image/planar.js';
import { RepaintError } from '../protocol/failure.js';

async function decode(blob: Blob) {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) throw new RepaintError('internal', 'This browser decodes no photos in a worker.');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/**
 * Those named. Shapes: RGB of side x side, in [-1, 1].
 * Throws: RepaintError modelFetch when one is missing.
 */
export async function samplePhotos(
  baseUrl: string,
  names: readonly string[],
  side: number,
): Promise<PlanarImage[]> {
  return Promise.all(
    names.map(async (name) => {
      const url = `${baseUrl}${name}.jpg`;
      const response = await fetch(url).catch(() => null);
      if (!response?.ok) {
        throw new RepaintError('modelFetch', `${url} is missing: install the add-on again.`);
      }
      return planarAtSize(await decode(await response.blob()), { width: side, height: side });
    }),
  );
}
