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
  type Mat2d,
  type Rect,
  type Size,
} from '../../image/geometry.js';
import type { RgbaImage } from '../../image/raster.js';
import type { PlacedMedia } from '../../protocol/sandbox-api.js';
import { ProblemError } from '../problem.js';
import type { RasterFrame } from './frame.js';

export interface Raster extends Size {
  readonly pixelsToPage: Mat2d;
  /** How many of the photo's own pixels a pixel is wide, as far as they are known. */
  readonly pixelSize: number;
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
  const header = readHeader(bytes);
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

/** Draws a bitmap into its frame. Throws: ProblemError for sizes that cannot be filled. */
export function drawRaster(bitmap: ImageBitmap, frame: RasterFrame, pixelSize = 1): Raster {
  const { width, height, pixelsToPage } = frame;
  checkImageSize(frame);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new ProblemError('imageUnreadable', 'no 2D canvas is available');
  context.imageSmoothingQuality = 'high';
  context.setTransform(...frame.bitmapToRaster);
  context.drawImage(bitmap, 0, 0);
  const read = ({ x, y, width: w, height: h }: Rect): RgbaImage => ({
    width: w,
    height: h,
    data: new Uint8ClampedArray(context.getImageData(x, y, w, h).data),
  });
  return { width, height, pixelsToPage, pixelSize, canvas, read };
}

/** Draws a kept fill where it lies over the image, within its crop. */
export function drawOver({ canvas, pixelsToPage }: Raster, bitmap: ImageBitmap, fill: PlacedMedia) {
  const context = canvas.getContext('2d')!;
  const pageToRaster = invert(pixelsToPage);
  const { mediaSize, mediaToPage, crop, opacity } = fill;
  context.save();
  context.setTransform(...compose(pageToRaster, crop.localToPage));
  context.clip(new Path2D(crop.path), crop.fillRule);
  const perUnit = scaling(mediaSize.width / bitmap.width, mediaSize.height / bitmap.height);
  context.setTransform(...compose(compose(pageToRaster, mediaToPage), perUnit));
  context.globalAlpha = opacity;
  context.drawImage(bitmap, 0, 0);
  context.restore();
}
