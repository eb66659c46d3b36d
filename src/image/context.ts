/** How much of the picture around a region the sampler sees. */
import type { Rect, Size } from './geometry.js';

/** The region takes at most this part of the crop's width and height, where the image allows. */
const maxRegionFraction = 0.5;

/** Smallest crop side in pixels: the least a network with a 32 px floor can make sense of. */
const minContextSide = 32;

/** Beside a side that the picture cuts, the other is at most this many times as long. */
const maxAspect = 3;

/**
 * Returns the crop around a region: a square twice as wide as the region's longer side, moved into
 * the image where it would leave it, cut where the image is smaller. In a very long picture the
 * crop is not longer than three times its short side, or than the region and half of that side
 * beyond each of its ends. Whole pixels, contains the region.
 * Throws: RangeError when the region is empty or leaves the image.
 */
export function contextBounds(maskBounds: Rect, image: Size): Rect {
  checkRegion(maskBounds, image);
  const longer = Math.max(maskBounds.width, maskBounds.height);
  const square = Math.max(minContextSide, Math.ceil(longer / maxRegionFraction));
  const shortest = Math.min(square, image.width, image.height);
  const side = Math.min(square, Math.max(maxAspect * shortest, longer + shortest));
  const [x, width] = span(maskBounds.x, maskBounds.width, side, image.width);
  const [y, height] = span(maskBounds.y, maskBounds.height, side, image.height);
  return { x, y, width, height };
}

function span(start: number, length: number, side: number, limit: number): [number, number] {
  const width = Math.min(side, limit);
  const centred = Math.round(start + length / 2 - width / 2);
  return [Math.min(Math.max(centred, 0), limit - width), width];
}

function checkRegion({ x, y, width, height }: Rect, image: Size): void {
  const isInside =
    width > 0 &&
    height > 0 &&
    x >= 0 &&
    y >= 0 &&
    x + width <= image.width &&
    y + height <= image.height;
  if (isInside) return;
  throw new RangeError(
    `region ${width} x ${height} at ${x}, ${y} must lie within the image of ${image.width} x ${image.height}`,
  );
}
