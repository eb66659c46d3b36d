/** Small pictures: the marked region, and a fill seen in its surroundings. */
import { intersect, widen, type Point, type Rect, type Size } from '../../image/geometry.js';
import type { FillPlan, FillRequest } from '../../protocol/fill.js';
import { transparencyPattern } from '../selection/raster.js';
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

/** Of the region's longer side: how much around it is shown, less than any plan sees. */
const around = 0.25;

/** Cuts the surroundings shown with a region, within what is seen of the photo. */
export function surroundings({ maskBounds, raster }: FilledRegion, seen: Rect): Rect {
  const margin = Math.round(around * Math.max(maskBounds.width, maskBounds.height));
  return intersect(widen(maskBounds, margin, raster), seen);
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
export function regionThumbnail(region: Region, { contextBounds }: FillPlan): Promise<string> {
  const { canvas } = region.raster;
  return thumbnail(surroundings(region, contextBounds), [{ image: canvas, at: { x: 0, y: 0 } }]);
}

/** Draws a fill over what its request shows of the surroundings. Returns: a data URL. */
export async function fillThumbnail(
  region: FilledRegion,
  { plan, source }: FillRequest,
  png: Blob,
): Promise<string> {
  const pixels = new ImageData(source.data, source.width, source.height);
  const [under, layer] = await Promise.all([createImageBitmap(pixels), createImageBitmap(png)]);
  const crop = surroundings(region, plan.contextBounds);
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
  context.fillStyle = transparencyPattern(context);
  context.fillRect(0, 0, width, height);
  context.scale(width / crop.width, height / crop.height);
  context.translate(-crop.x, -crop.y);
  for (const { image, at } of images) context.drawImage(image, at.x, at.y);
  return dataUrl(canvas);
}
