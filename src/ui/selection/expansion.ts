/** The photo made larger on the sides where what is marked reaches past its edge. */
import {
  compose,
  invert,
  mapBounds,
  moved,
  overlaps,
  roundOut,
  unionOf,
  type Rect,
  type Size,
} from '../../image/geometry.js';
import { hasMargins, reachPast, type Margins } from '../../image/margins.js';
import { pathToPolygons } from '../../image/region-path.js';
import type { PlacedMedia, RegionShape, TargetImage } from '../../protocol/sandbox-api.js';
import { shapeBounds } from './frame.js';
import { expandRaster, type Raster } from './raster.js';
import type { Region } from './region.js';

/** Of the photo's longer side: to reach past its edge by less is a slip of the hand. */
const slip = 0.02;
/**
 * Returns by how much a picture has to grow for rectangles that lie on it; what lies wholly beside it
 * does not count. Units: raster pixels, whole ones in the answer.
 */
export function marginsFor(picture: Size, photo: Size, rects: readonly Rect[]): Margins {
  const edges = { x: 0, y: 0, width: picture.width, height: picture.height };
  const least = slip * Math.max(photo.width, photo.height);
  const reaching = rects.filter((rect) => overlaps(rect, edges));
  const reach = reachPast(unionOf([edges, ...reaching]), edges);
  const meant = (pixels: number) => (pixels < least ? 0 : Math.ceil(pixels - 1e-3));
  return {
    top: meant(reach.top),
    right: meant(reach.right),
    bottom: meant(reach.bottom),
    left: meant(reach.left),
  };
}

function larger(a: Margins, b: Margins): Margins {
  return {
    top: Math.max(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
    left: Math.max(a.left, b.left),
  };
}

/**
 * True where the photo's visible part is all of its rectangle: another form has no edge to go past.
 * Units: `slack` in raster pixels.
 */
export function isRectangular(
  { crop }: TargetImage,
  { photo, pixelsToPage }: Raster,
  slack = 1,
): boolean {
  const rings = pathToPolygons(crop.path, compose(invert(pixelsToPage), crop.localToPage));
  const isNear = (value: number, from: number, length: number) =>
    Math.min(Math.abs(value - from), Math.abs(value - from - length)) <= slack;
  return (
    rings.length === 1 &&
    rings[0].length <= 5 &&
    rings[0].every(
      ({ x, y }) => isNear(x, photo.x, photo.width) && isNear(y, photo.y, photo.height),
    )
  );
}

/** True where a region lies partly beyond the photo. */
export function isExpanded(region: {
  readonly maskBounds: Rect;
  readonly raster: Pick<Raster, 'photo'>;
}): boolean {
  return hasMargins(reachPast(region.maskBounds, region.raster.photo));
}

/** True where a region's part beyond the photo lies beyond the page, too. */
export function isOffPage(region: Pick<Region, 'maskBounds' | 'raster' | 'target'>): boolean {
  const { maskBounds, raster, target } = region;
  const { width, height } = target.artboardBounds;
  const onPage = mapBounds(raster.pixelsToPage, maskBounds);
  return hasMargins(
    reachPast(onPage, { ...target.artboardBounds, width: width + 1, height: height + 1 }),
  );
}

/** Makes room for fills of the photo's own that lie past its edge. */
export function withRoomFor(raster: Raster, fills: readonly PlacedMedia[]): Raster {
  const pageToRaster = invert(raster.pixelsToPage);
  const places = fills.flatMap(({ crop }) => shapeBounds(crop, pageToRaster) ?? []);
  return expandRaster(raster, marginsFor(raster, raster.photo, places));
}

/** What may reach past the edge. */
export interface Reaching {
  readonly shapes: readonly RegionShape[];
  /** Where the panel's own marks lie. Units: pixels from the photo's corner. */
  readonly painted: Rect | null;
}

function neededMargins(raster: Raster, { shapes, painted }: Reaching): Margins {
  const pageToRaster = invert(raster.pixelsToPage);
  const places = shapes.flatMap((shape) => shapeBounds(shape, pageToRaster) ?? []);
  const byShapes = marginsFor(raster, raster.photo, places);
  if (!painted) return byShapes;
  const { x, y } = raster.photo;
  const window = moved(painted, { x: -x, y: -y });
  return larger(byShapes, reachPast(roundOut(window), { ...raster, x: 0, y: 0 }));
}

/** Expands rasters; the last one is kept, since shapes are read more often than they change. */
export class Expander {
  private _last: { from: Raster; margins: Margins; raster: Raster } | null = null;

  /** Returns: the raster itself where nothing reaches past it. Throws: ProblemError expandedTooLarge. */
  expand(target: TargetImage, raster: Raster, reaching: Reaching): Raster {
    const shapes = isRectangular(target, raster) ? reaching.shapes : [];
    const margins = neededMargins(raster, { ...reaching, shapes });
    const { _last: last } = this;
    const isSame =
      last?.from === raster && JSON.stringify(last.margins) === JSON.stringify(margins);
    if (isSame) return last.raster;
    this._last = { from: raster, margins, raster: expandRaster(raster, margins) };
    return this._last.raster;
  }
}
