/** Small pictures: the marked region, and a fill seen in its surroundings. */
import { intersect, type Point, type Rect, type Size } from '../../image/geometry.js';
import type { FillRequest } from '../../protocol/fill.js';
import type { FilledRegion, Region } from '../selection/region.js';

/** Longest side of a kept picture, device pixels: large enough to compare fills by. */
const pictureSide = 400;

/** Scales a size to fit within a square. */
export function fitWithin({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** Cuts the surroundings shown with a region to a square where the image allows. */
export function surroundings({ maskBounds, raster }: FilledRegion): Rect {
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
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 });
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error('The thumbnail could not be read.'));
    reader.readAsDataURL(blob);
  });
}

/** Draws a region without a fill. Returns: a data URL. */
export function regionThumbnail(region: Region): Promise<string> {
  const { canvas } = region.raster;
  return thumbnail(surroundings(region), [{ image: canvas, at: { x: 0, y: 0 } }]);
}

/** Draws a fill over what its request shows of the surroundings. Returns: a data URL. */
export async function fillThumbnail(
  region: FilledRegion,
  { plan, source }: FillRequest,
  png: Blob,
): Promise<string> {
  const pixels = new ImageData(source.data, source.width, source.height);
  const [under, layer] = await Promise.all([createImageBitmap(pixels), createImageBitmap(png)]);
  const crop = intersect(surroundings(region), plan.contextBounds);
  const url = await thumbnail(crop, [
    { image: under, at: plan.contextBounds },
    { image: layer, at: plan.maskBounds },
  ]);
  under.close();
  layer.close();
  return url;
}

/** An image and where its corner lies. Units: raster pixels. */
interface PlacedImage {
  readonly image: CanvasImageSource;
  readonly at: Point;
}

async function thumbnail(crop: Rect, images: readonly PlacedImage[]): Promise<string> {
  const { width, height } = fitWithin(crop, pictureSide);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.scale(width / crop.width, height / crop.height);
  context.translate(-crop.x, -crop.y);
  for (const { image, at } of images) context.drawImage(image, at.x, at.y);
  return dataUrl(canvas);
}
