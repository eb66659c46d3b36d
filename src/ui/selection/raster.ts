/** The image being filled as pixels: drawn once into its frame, read where it is needed. */
import {
  isCutOff,
  kindTitle,
  maxImageSide,
  minImageSide,
  readHeader,
} from '../../image/file-kind.js';
import {
  compose,
  invert,
  scaling,
  translation,
  type Mat2d,
  type Rect,
  type Size,
} from '../../image/geometry.js';
import { expandedSize, hasMargins, type Margins } from '../../image/margins.js';
import type { RgbaImage } from '../../image/raster.js';
import type { PlacedMedia } from '../../protocol/sandbox-api.js';
import { ProblemError } from '../problem.js';
import type { RasterFrame } from './frame.js';

export interface Raster extends Size {
  readonly pixelsToPage: Mat2d;
  /** The photo within it: all of it, unless there is more around. Units: whole raster pixels. */
  readonly photo: Rect;
  /** How wide a pixel is in the pixels that sizes are told in. */
  readonly pixelSize: number;
  /** Whose pixels these are: a rendition does not tell how many the photo's own file has. */
  readonly sizesIn: 'photo' | 'page';
  /** For drawing; not to be drawn on. */
  readonly canvas: OffscreenCanvas;
  /** Copies a rectangle out. Units: whole raster pixels within the image. */
  read(rect: Rect): RgbaImage;
}

/** Throws: ProblemError when an image is too small or too large. */
export function checkImageSize({ width, height }: Size): void {
  const detail = `${width} x ${height} px`;
  if (Math.min(width, height) < minImageSide) throw new ProblemError('imageTooSmall', detail);
  if (Math.max(width, height) > maxImageSide) throw new ProblemError('imageTooLarge', detail);
}

/** What browsers decode: one of these that is not decoded is damaged. */
const browserKinds = ['jpg', 'png', 'webp', 'gif', 'bmp', 'avif', 'svg'];

/**
 * Decodes a file, after a look at its header: a small file may unpack to gigabytes, and browsers show
 * what there is of a cut-off one. Throws: ProblemError that says what the file is.
 */
export async function decodeBitmap(file: Blob): Promise<ImageBitmap> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const header = await readHeader(bytes);
  if (header && Math.max(header.width, header.height) > maxImageSide)
    throw new ProblemError('imageTooLarge', `${header.width} x ${header.height} px`);
  if (header && isCutOff(header.kind, bytes))
    throw new ProblemError('imageCutOff', kindTitle(header.kind));
  try {
    return await createImageBitmap(file, { colorSpaceConversion: 'default' });
  } catch (error) {
    if (header && !browserKinds.includes(header.kind))
      throw new ProblemError('imageKindUnreadable', kindTitle(header.kind));
    throw new ProblemError('imageUnreadable', error instanceof Error ? error.message : undefined);
  }
}

/** Decodes a file to its pixels. */
export async function pixelsOf(file: Blob): Promise<RgbaImage> {
  const bitmap = await decodeBitmap(file);
  const { width, height } = bitmap;
  const context = contextOf(new OffscreenCanvas(width, height));
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return {
    width,
    height,
    data: new Uint8ClampedArray(context.getImageData(0, 0, width, height).data),
  };
}

/** A canvas as a raster of its size; `photo` is all of it where none is given. */
function rasterOf(
  canvas: OffscreenCanvas,
  place: Pick<Raster, 'pixelsToPage' | 'pixelSize' | 'sizesIn'> & { readonly photo?: Rect },
): Raster {
  const { width, height } = canvas;
  const context = contextOf(canvas);
  const read = ({ x, y, width: w, height: h }: Rect): RgbaImage => ({
    width: w,
    height: h,
    data: new Uint8ClampedArray(context.getImageData(x, y, w, h).data),
  });
  return { width, height, photo: { x: 0, y: 0, width, height }, ...place, canvas, read };
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new ProblemError('imageUnreadable', 'no 2D canvas is available');
  return context;
}

/** Draws a bitmap into its frame. Throws: ProblemError for sizes that cannot be filled. */
export function drawRaster(
  bitmap: ImageBitmap,
  { bitmapToRaster, pixelsToPage, ...frame }: RasterFrame,
  told: Pick<Raster, 'pixelSize' | 'sizesIn'> = { pixelSize: 1, sizesIn: 'photo' },
): Raster {
  checkImageSize(frame);
  const canvas = new OffscreenCanvas(frame.width, frame.height);
  const context = contextOf(canvas);
  context.imageSmoothingQuality = 'high';
  context.setTransform(...bitmapToRaster);
  context.drawImage(bitmap, 0, 0);
  return rasterOf(canvas, { pixelsToPage, ...told });
}

/**
 * Returns the raster with transparent margins, itself where they are none.
 * Units: whole raster pixels. Throws: ProblemError expandedTooLarge.
 */
export function expandRaster(raster: Raster, margins: Margins): Raster {
  if (!hasMargins(margins)) return raster;
  const { width, height } = expandedSize(raster, margins);
  if (Math.max(width, height) > maxImageSide)
    throw new ProblemError('expandedTooLarge', `${width} x ${height} px`);
  const { left, top } = margins;
  const { photo, pixelSize, pixelsToPage, sizesIn } = raster;
  const canvas = new OffscreenCanvas(width, height);
  contextOf(canvas).drawImage(raster.canvas, left, top);
  return rasterOf(canvas, {
    pixelsToPage: compose(pixelsToPage, translation(-left, -top)),
    pixelSize,
    sizesIn,
    photo: { ...photo, x: photo.x + left, y: photo.y + top },
  });
}

/** Draws a kept fill where it lies over the image, within its crop; or under what is there already. */
export function drawKept(
  { canvas, pixelsToPage }: Raster,
  bitmap: ImageBitmap,
  fill: PlacedMedia,
  place: 'over' | 'under' = 'over',
): void {
  drawFill(contextOf(canvas), pixelsToPage, bitmap, fill, place);
}

/**
 * Draws, under what is there already, what a page's rendition shows of a kept fill: where it is known
 * to be opaque. `seen` lies in the raster's pixels.
 */
export function drawSeen(
  { canvas, pixelsToPage }: Raster,
  seen: { readonly bitmap: ImageBitmap; readonly bitmapToRaster: Mat2d },
  fill: PlacedMedia,
  cells: ImageBitmap,
): void {
  const known = new OffscreenCanvas(canvas.width, canvas.height);
  const context = contextOf(known);
  context.imageSmoothingEnabled = false;
  drawFill(context, pixelsToPage, cells, fill, 'over');
  context.globalCompositeOperation = 'source-in';
  context.imageSmoothingEnabled = true;
  context.setTransform(...seen.bitmapToRaster);
  context.drawImage(seen.bitmap, 0, 0);
  const under = contextOf(canvas);
  under.save();
  under.globalCompositeOperation = 'destination-over';
  under.drawImage(known, 0, 0);
  under.restore();
}

function drawFill(
  context: OffscreenCanvasRenderingContext2D,
  pixelsToPage: Mat2d,
  bitmap: ImageBitmap,
  fill: PlacedMedia,
  place: 'over' | 'under',
): void {
  const pageToRaster = invert(pixelsToPage);
  const { mediaSize, mediaToPage, crop, opacity } = fill;
  context.save();
  context.setTransform(...compose(pageToRaster, crop.localToPage));
  context.clip(new Path2D(crop.path), crop.fillRule);
  const perUnit = scaling(mediaSize.width / bitmap.width, mediaSize.height / bitmap.height);
  context.setTransform(...compose(compose(pageToRaster, mediaToPage), perUnit));
  context.globalAlpha = opacity;
  if (place === 'under') context.globalCompositeOperation = 'destination-over';
  context.drawImage(bitmap, 0, 0);
  context.restore();
}

/** Sides of the squares, device pixels. */
const side = 8;
const greys = ['#c8c8c8', '#a8a8a8'] as const;

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Returns what is shown where a picture has no pixels: squares, as image editors draw them. */
export function transparencyPattern(context: Context): CanvasPattern {
  const tile = new OffscreenCanvas(2 * side, 2 * side);
  const squares = tile.getContext('2d')!;
  for (const [at, grey] of [0, side, side, 0].entries()) {
    squares.fillStyle = greys[grey / side];
    squares.fillRect(side * (at % 2), side * Math.floor(at / 2), side, side);
  }
  return context.createPattern(tile, 'repeat')!;
}
