/** A fill of the gallery as the start of others: its pixels where they lay on the photo. */
import { growReach } from '../../image/coverage.js';
import { widen, type Rect } from '../../image/geometry.js';
import type { RgbaImage } from '../../image/raster.js';
import type { FillRecord } from '../../protocol/sandbox-api.js';
import type { Region } from '../selection/region.js';
import { recordedSettings } from './choices.js';

/** Where a fill of this region lies, as far as its own settings grew it. Units: raster pixels. */
function placeOf({ maskBounds, raster }: Region, { settings }: FillRecord): Rect {
  return widen(maskBounds, growReach(recordedSettings(settings)?.growPx ?? 0), raster);
}

/**
 * Returns the fill on an else transparent image of the context.
 * Throws: what the browser throws where the PNG cannot be read.
 */
export async function chosenFill(
  region: Region,
  record: FillRecord,
  png: Blob,
  { x, y, width, height }: Rect,
): Promise<RgbaImage> {
  const bitmap = await createImageBitmap(png);
  const place = placeOf(region, record);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  // A rendition of another size has other pixels; the place is the same.
  context.drawImage(bitmap, place.x - x, place.y - y, place.width, place.height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, data: new Uint8ClampedArray(data) };
}
