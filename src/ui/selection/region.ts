/** The selected shapes as a region of the image: bounds first, coverage where it is needed. */
import {
  clipTo,
  coverageBounds,
  coversEverything,
  growCoverage,
  unite,
} from '../../image/coverage.js';
import {
  compose,
  intersect,
  invert,
  isEmptyRect,
  roundOut,
  type Mat2d,
  type Rect,
  type Size,
} from '../../image/geometry.js';
import type { Coverage } from '../../image/raster.js';
import { rasterise } from '../../image/rasterise.js';
import { pathToPolygons, type Polygon } from '../../image/region-path.js';
import type { RegionShape, TargetImage } from '../../protocol/sandbox-api.js';
import { ProblemError } from '../problem.js';
import { shapeBounds } from './frame.js';
import type { Raster } from './raster.js';

/** One shape as polygons. */
export interface Outline {
  readonly polygons: readonly Polygon[];
  readonly fillRule: RegionShape['fillRule'];
}

/** What the user has marked on which image, ready to be filled. */
export interface Region {
  /** The same for the same shapes on the same image, also after a reload. */
  readonly id: string;
  readonly target: TargetImage;
  readonly raster: Raster;
  /** The shapes that mark it. */
  readonly markerIds: readonly string[];
  /** Sizes to tell, in the photo's own pixels: the photo's, and of what is marked. */
  readonly photo: Size;
  readonly marked: Size;
  /** Raster pixels. */
  readonly maskBounds: Rect;
  /** The shapes as polygons, raster pixels. */
  readonly outlines: readonly Outline[];
  /** False when a shape gave only its bounds. */
  readonly isExact: boolean;
  /** Rasterises the region within a window of raster pixels, grown but never beyond the crop. */
  coverage(window: Rect, growPx?: number): Coverage;
}

function outline({ path, fillRule, localToPage }: RegionShape, pageToRaster: Mat2d): Outline {
  return { polygons: pathToPolygons(path, compose(pageToRaster, localToPage)), fillRule };
}

function cover({ polygons, fillRule }: Outline, window: Rect): Coverage {
  return rasterise(polygons, fillRule, window);
}

/** Whole pixels the shapes can touch. Throws: ProblemError when there are none. */
function touchedWindow(shapes: readonly RegionShape[], pageToRaster: Mat2d, image: Size): Rect {
  const bounds = shapes
    .flatMap((shape) => shapeBounds(shape, pageToRaster) ?? [])
    .filter((rect) => !isEmptyRect(rect));
  if (bounds.length === 0) throw new ProblemError('regionEmpty');
  const whole = { x: 0, y: 0, width: image.width, height: image.height };
  const touched = bounds
    .map((rect) => intersect(roundOut(rect), whole))
    .filter((rect) => !isEmptyRect(rect));
  if (touched.length === 0) throw new ProblemError('regionOutsideImage');
  const left = Math.min(...touched.map(({ x }) => x));
  const top = Math.min(...touched.map(({ y }) => y));
  const right = Math.max(...touched.map(({ x, width }) => x + width));
  const bottom = Math.max(...touched.map(({ y, height }) => y + height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Names a region by its shapes and where they lie on the photo: FNV-1a, as 8 hex digits. */
export function regionId(target: TargetImage, shapes: readonly RegionShape[]): string {
  const pageToMedia = invert(target.mediaToPage);
  const text = JSON.stringify([
    target.id,
    shapes.map(({ path, fillRule, localToPage }) => [
      path,
      fillRule,
      // Without -0.00, which is elsewhere 0.00.
      compose(pageToMedia, localToPage).map((value) => Math.round(value * 100) / 100 || 0),
    ]),
  ]);
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

function told({ width, height }: Size, scale: number): Size {
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/** Throws: ProblemError when the shapes mark nothing, or everything, of the image. */
export function markRegion(
  target: TargetImage,
  shapes: readonly RegionShape[],
  raster: Raster,
): Region {
  const pageToRaster = invert(raster.pixelsToPage);
  const window = touchedWindow(shapes, pageToRaster, raster);
  const outlines = shapes.map((shape) => outline(shape, pageToRaster));
  const crop = outline(target.crop, pageToRaster);
  const coverage = (rect: Rect, growPx = 0) =>
    clipTo(
      growCoverage(outlines.map((it) => cover(it, rect)).reduce(unite), growPx),
      cover(crop, rect),
    );
  const touched = coverage(window);
  const bounds = coverageBounds(touched);
  if (!bounds) throw new ProblemError('regionEmpty');
  const maskBounds = { ...bounds, x: bounds.x + window.x, y: bounds.y + window.y };
  const isWhole = maskBounds.width === raster.width && maskBounds.height === raster.height;
  if (isWhole && coversEverything(touched)) throw new ProblemError('regionCoversEverything');
  return {
    id: regionId(target, shapes),
    target,
    raster,
    markerIds: shapes.map(({ nodeId }) => nodeId),
    photo: told(raster, raster.pixelSize),
    marked: told(maskBounds, raster.pixelSize),
    maskBounds,
    outlines,
    isExact: shapes.every((shape) => shape.isExact),
    coverage,
  };
}
