/** Where the pixels of the image being filled lie on the page. Pure. */
import {
  apply,
  boundsOf,
  compose,
  intersect,
  invert,
  mapBounds,
  roundOut,
  scaling,
  translation,
  type Mat2d,
  type Rect,
  type Size,
} from '../../image/geometry.js';
import { pathToPolygons } from '../../image/region-path.js';
import type { RegionShape, TargetImage } from '../../protocol/sandbox-api.js';

/** A raster of the target: its size, and the maps from the file's pixels to it and on to the page. */
export interface RasterFrame extends Size {
  /** From pixels of the bitmap that was read to raster pixels: what draws one into the other. */
  readonly bitmapToRaster: Mat2d;
  /** Raster pixels to page space: rotation, uniform scale and translation, never a mirror. */
  readonly pixelsToPage: Mat2d;
}

/** Returns a shape's bounds after a map, null when it has no area. */
export function shapeBounds(shape: RegionShape, pageToRaster: Mat2d): Rect | null {
  const rings = pathToPolygons(shape.path, compose(pageToRaster, shape.localToPage));
  const points = rings.flat();
  return points.length > 0 ? boundsOf(points) : null;
}

/** Pixels per unit along both axes of a map. */
function axisScales([a, b, c, d]: Mat2d): [number, number] {
  return [Math.hypot(a, b), Math.hypot(c, d)];
}

/** Turns a mirrored frame into an unmirrored one by flipping the axis that points backwards. */
function unmirrored(map: Mat2d, { width, height }: Size): Mat2d {
  const [a, b, c, d] = map;
  if (a * d - b * c > 0) return map;
  const flip: Mat2d = a < 0 ? [-1, 0, 0, 1, width, 0] : [1, 0, 0, -1, 0, height];
  return compose(map, flip);
}

/** Snaps a rectangle outwards to whole pixels, forgiving rounding of host numbers. */
function snapOut({ x, y, width, height }: Rect): Rect {
  const slack = 1e-3;
  return roundOut({
    x: x + slack,
    y: y + slack,
    width: width - 2 * slack,
    height: height - 2 * slack,
  });
}

/** Cuts a frame to the bounds of the visible crop. */
function cutToCrop(uncut: Mat2d, size: Size, bitmapToUncut: Mat2d, crop: RegionShape): RasterFrame {
  const whole = { x: 0, y: 0, ...size };
  const visible = shapeBounds(crop, invert(uncut));
  const cut = visible ? intersect(snapOut(visible), whole) : whole;
  return {
    width: cut.width,
    height: cut.height,
    bitmapToRaster: compose(translation(-cut.x, -cut.y), bitmapToUncut),
    pixelsToPage: compose(uncut, translation(cut.x, cut.y)),
  };
}

/**
 * Places the original bitmap: its own pixels, unmirrored, cut to the visible crop.
 * A bitmap that the page stretches is resampled to square pixels.
 */
export function originalFrame(target: TargetImage, bitmap: Size): RasterFrame {
  const { mediaSize, mediaToPage } = target;
  const perUnit = scaling(mediaSize.width / bitmap.width, mediaSize.height / bitmap.height);
  const bitmapToPage = compose(mediaToPage, perUnit);
  const [alongX, alongY] = axisScales(bitmapToPage);
  const isSquare = Math.abs(alongY / alongX - 1) < 0.01;
  const size = {
    width: bitmap.width,
    height: isSquare ? bitmap.height : Math.max(1, Math.round((bitmap.height * alongY) / alongX)),
  };
  const squareToPage = compose(bitmapToPage, scaling(1, bitmap.height / size.height));
  const uncut = unmirrored(squareToPage, size);
  return cutToCrop(uncut, size, compose(invert(uncut), bitmapToPage), target.crop);
}

/** Maps a rendition's pixels to page space. */
function renditionToPage({ page, artboardBounds }: TargetImage, bitmap: Size): Mat2d {
  const { x, y } = artboardBounds;
  return compose(
    translation(x, y),
    scaling(page.width / bitmap.width, page.height / bitmap.height),
  );
}

/**
 * Places a page rendition: turned upright with the image, at the rendition's resolution, cut to the
 * image. An upright image keeps the rendition's own pixels, unsampled.
 */
export function renditionFrame(target: TargetImage, bitmap: Size): RasterFrame {
  const bitmapToPage = renditionToPage(target, bitmap);
  const [a, b] = uprightAxis(target.mediaToPage);
  const turn: Mat2d = [a, b, -b, a, 0, 0];
  const [scale] = axisScales(bitmapToPage);
  const frameToPage = compose(turn, scaling(scale, scale));
  const origin = apply(invert(frameToPage), { x: bitmapToPage[4], y: bitmapToPage[5] });
  const aligned = compose(frameToPage, translation(origin.x, origin.y));
  const media = { x: 0, y: 0, ...target.mediaSize };
  const image = mapBounds(compose(invert(aligned), target.mediaToPage), media);
  const cropBounds = shapeBounds(target.crop, invert(aligned)) ?? image;
  // An ImageBitmap's size is no property of its own, so it cannot be spread.
  const { width, height } = bitmap;
  const page = mapBounds(compose(invert(aligned), bitmapToPage), { x: 0, y: 0, width, height });
  const cut = intersect(snapOut(intersect(image, cropBounds)), snapOut(page));
  return {
    width: cut.width,
    height: cut.height,
    bitmapToRaster: compose(translation(-cut.x, -cut.y), compose(invert(aligned), bitmapToPage)),
    pixelsToPage: compose(aligned, translation(cut.x, cut.y)),
  };
}

/** Unit vector of the image's x axis on the page, pointing forwards when the image is mirrored. */
function uprightAxis([a, b, c, d]: Mat2d): [number, number] {
  const length = Math.hypot(a, b);
  const sign = a * d - b * c < 0 && a < 0 ? -1 : 1;
  return [(sign * a) / length, (sign * b) / length];
}
