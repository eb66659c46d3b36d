/** Small pictures: the marked region, and a fill seen in its surroundings. */
import type { Point, Rect, Size } from '../../image/geometry.js';
import type { Region } from '../selection/region.js';

/** Longest side of a kept thumbnail, device pixels. */
const thumbnailSide = 176;

/** Scales a size to fit within a square. */
export function fitWithin({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** Cuts the surroundings shown with a region to a square where the image allows. */
export function surroundings({ maskBounds, raster }: Region): Rect {
  const side = Math.round(1.5 * Math.max(maskBounds.width, maskBounds.height));
  const width = Math.min(raster.width, side);
  const height = Math.min(raster.height, side);
  const centreX = maskBounds.x + maskBounds.width / 2;
  const centreY = maskBounds.y + maskBounds.height / 2;
  const clamp = (value: number, most: number) => Math.min(Math.max(0, Math.round(value)), most);
  return {
    x: clamp(centreX - width / 2, raster.width - width),
    y: clamp(centreY - height / 2, raster.height - height),
    width,
    height,
  };
}

async function dataUrl(canvas: OffscreenCanvas): Promise<string> {
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** A fill and where its layer lies. Units: raster pixels. */
export interface PlacedFill {
  readonly png: Blob;
  readonly at: Point;
}

/** Draws a fill over its surroundings, or these alone. Returns: a data URL. */
export async function fillThumbnail(region: Region, fill: PlacedFill | null): Promise<string> {
  const crop = surroundings(region);
  const { width, height } = fitWithin(crop, thumbnailSide);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.scale(width / crop.width, height / crop.height);
  context.translate(-crop.x, -crop.y);
  context.drawImage(region.raster.canvas, 0, 0);
  if (fill) {
    const layer = await createImageBitmap(fill.png);
    context.drawImage(layer, fill.at.x, fill.at.y);
    layer.close();
  }
  return dataUrl(canvas);
}
