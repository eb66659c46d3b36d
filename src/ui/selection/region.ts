/** The marked part of the photo as a region to fill: the host's shapes and the panel's marks. */
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
  moved,
  roundOut,
  type Mat2d,
  type Rect,
  type Size,
} from '../../image/geometry.js';
import { reachPast, type Margins } from '../../image/margins.js';
import { cropCoverage } from '../../image/planar.js';
import type { Coverage } from '../../image/raster.js';
import { rasterise } from '../../image/rasterise.js';
import { pathToPolygons, type Polygon } from '../../image/region-path.js';
import type { RegionShape, TargetImage } from '../../protocol/sandbox-api.js';
import type { Marks, Stamp } from '../marking/marks.js';
import { ProblemError } from '../problem.js';
import { isExpanded, isRectangular } from './expansion.js';
import { shapeBounds } from './frame.js';
import type { Raster } from './raster.js';

/** A photo that regions are marked on. */
export interface Photo {
  readonly target: TargetImage;
  readonly raster: Raster;
  readonly marks: Marks;
}

/** One shape as polygons. */
interface Outline {
  readonly polygons: readonly Polygon[];
  readonly fillRule: RegionShape['fillRule'];
}

/** What the user has marked on which image, ready to be filled. */
export interface Region {
  /** The same for the same marks on the same image, also after a reload. */
  readonly id: string;
  readonly target: TargetImage;
  readonly raster: Raster;
  /** The shapes that mark it. */
  readonly markerIds: readonly string[];
  /** Sizes to tell, in pixels of `raster.sizesIn`: the photo's, and of what is marked. */
  readonly photo: Size;
  readonly marked: Size;
  /** How far it reaches past the photo's edges, in the same pixels. */
  readonly past: Margins;
  /** Raster pixels. */
  readonly maskBounds: Rect;
  /** False when a shape gave only its bounds. */
  readonly isExact: boolean;
  /** Cuts what is marked now to a window of raster pixels, grown but never beyond the crop. */
  coverage(window: Rect, growPx?: number): Coverage;
}

/** What a job keeps of its region, as plain data: where its fills belong. */
export type FilledRegion = Pick<Region, 'id' | 'target' | 'maskBounds' | 'markerIds'> & {
  readonly raster: Pick<Raster, 'width' | 'height' | 'pixelsToPage' | 'photo'>;
};

export function filledRegion({ raster, ...region }: Region): FilledRegion {
  const { id, target, maskBounds, markerIds } = region;
  const { width, height, pixelsToPage, photo } = raster;
  return { id, target, maskBounds, markerIds, raster: { width, height, pixelsToPage, photo } };
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

/** FNV-1a. Returns: 8 hex digits. */
class Hash {
  private _value = 0x811c9dc5;

  add(byte: number): void {
    this._value = Math.imul(this._value ^ byte, 0x01000193);
  }

  addText(text: string): this {
    for (let i = 0; i < text.length; i++) this.add(text.charCodeAt(i));
    return this;
  }

  get hex(): string {
    return (this._value >>> 0).toString(16).padStart(8, '0');
  }
}

/** Names a region by its shapes, where they lie on the photo, and whether they expand it. */
export function regionId(
  target: TargetImage,
  shapes: readonly RegionShape[],
  expands = false,
): string {
  const pageToMedia = invert(target.mediaToPage);
  const text = JSON.stringify([
    target.id,
    shapes.map(({ path, fillRule, localToPage }) => [
      path,
      fillRule,
      // Without -0.00, which is elsewhere 0.00.
      compose(pageToMedia, localToPage).map((value) => Math.round(value * 100) / 100 || 0),
    ]),
    ...(expands ? ['expanded'] : []),
  ]);
  return new Hash().addText(text).hex;
}

function told({ width, height }: Size, scale: number): Size {
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

function toldMargins({ top, right, bottom, left }: Margins, scale: number): Margins {
  const [t, r, b, l] = [top, right, bottom, left].map((pixels) => Math.round(pixels * scale));
  return { top: t, right: r, bottom: b, left: l };
}

/** Names a region by its pixels: what was painted has no shapes. */
function paintedId(targetId: string, bounds: Rect, { data }: Coverage): string {
  const hash = new Hash().addText(JSON.stringify([targetId, bounds]));
  for (let i = 0; i < data.length; i++) hash.add(data[i]);
  return hash.hex;
}

/** The crop as coverage; null where it is the whole raster, or the rectangle that is expanded. */
function cropOf(target: TargetImage, raster: Raster, pageToRaster: Mat2d): Coverage | null {
  const { width, height, photo } = raster;
  const isLarger = width > photo.width || height > photo.height;
  if (isRectangular(target, raster, isLarger ? 1 : 0.01)) return null;
  const { polygons, fillRule } = outline(target.crop, pageToRaster);
  return rasterise(polygons, fillRule, { x: 0, y: 0, width, height });
}

function shapesStamp(
  shapes: readonly RegionShape[],
  pageToRaster: Mat2d,
  image: Size,
): Stamp | null {
  if (shapes.length === 0) return null;
  const window = touchedWindow(shapes, pageToRaster, image);
  const outlines = shapes.map((shape) => outline(shape, pageToRaster));
  return { window, coverage: outlines.map((it) => cover(it, window)).reduce(unite) };
}

/** Lays the host's shapes under the photo's marks. Returns: what is wrong with them, or null. */
export function takeShapes(photo: Photo, shapes: readonly RegionShape[]): ProblemError | null {
  const { target, raster, marks } = photo;
  const pageToRaster = invert(raster.pixelsToPage);
  const crop = cropOf(target, raster, pageToRaster);
  try {
    marks.setShapes(shapesStamp(shapes, pageToRaster, raster), crop);
    return null;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    marks.setShapes(null, crop);
    return error;
  }
}

/** Throws: ProblemError when nothing, or everything, of the photo is marked. */
export function regionOf(photo: Photo, shapes: readonly RegionShape[]): Region {
  const { target, raster, marks } = photo;
  const { coverage } = marks;
  const maskBounds = coverageBounds(coverage);
  const hasShapes = shapes.length > 0;
  if (!maskBounds) throw new ProblemError(hasShapes ? 'regionEmpty' : 'imageWithoutShapes');
  const isLarger = isExpanded({ maskBounds, raster });
  const onPhoto = isLarger ? cropCoverage(coverage, raster.photo) : coverage;
  if (coversEverything(onPhoto)) throw new ProblemError('regionCoversEverything');
  const place = moved(maskBounds, raster.photo);
  return {
    id: marks.isPainted
      ? paintedId(target.id, place, cropCoverage(coverage, maskBounds))
      : regionId(target, shapes, isLarger),
    target,
    raster,
    markerIds: shapes.map(({ nodeId }) => nodeId),
    photo: told(raster.photo, raster.pixelSize),
    marked: told(maskBounds, raster.pixelSize),
    past: toldMargins(reachPast(maskBounds, raster.photo), raster.pixelSize),
    maskBounds,
    isExact: shapes.every((shape) => shape.isExact),
    coverage: (window, growPx = 0) => {
      const grown = growCoverage(cropCoverage(coverage, window), growPx);
      return marks.crop ? clipTo(grown, cropCoverage(marks.crop, window)) : grown;
    },
  };
}
