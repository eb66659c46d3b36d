/** Seam and sharpness: what tells a fill from its photo without an original. */
import type { Coverage, RgbaImage } from '../../image/raster.js';
import { blockDistance, gaussian, grey, isHoleAt, type Plane } from './planes.js';

/** A running mean. */
class Mean {
  private _sum = 0;
  private _count = 0;
  add(value: number): void {
    this._sum += value;
    this._count++;
  }
  get value(): number {
    return this._count === 0 ? 0 : this._sum / this._count;
  }
}

/** Each pair of neighbours once: to the right and below. */
function eachNeighbour({ width, height }: Plane, visit: (a: number, b: number) => void): void {
  for (let i = 0; i < width * height; i++) {
    if ((i + 1) % width > 0) visit(i, i + 1);
    if (i + width < width * height) visit(i, i + width);
  }
}

/**
 * Returns the mean step across the hole's edge over the mean step in the ring 2 to 7 pixels
 * outside: 1 is as smooth as the photo itself. Both means are raised by a level of 255, so that a
 * flat ring divides by something.
 */
export function seam(picture: RgbaImage, hole: Coverage): number {
  const plane = grey(picture);
  const distance = blockDistance(hole, (i) => isHoleAt(hole, i));
  const isRing = (i: number) => distance[i] >= 2 && distance[i] <= 7;
  const [edge, ring] = [new Mean(), new Mean()];
  eachNeighbour(plane, (a, b) => {
    const step = Math.abs(plane.data[a] - plane.data[b]);
    if (isHoleAt(hole, a) !== isHoleAt(hole, b)) edge.add(step);
    else if (isRing(a) && isRing(b)) ring.add(step);
  });
  return (edge.value + 1) / (ring.value + 1);
}

/** Detail finer than about three pixels. */
const detailSigma = 1.5;
const detailRadius = 6;
/** Pixels of hole that are too few to leave its edge out. */
const fewPixels = 50;

/**
 * Returns the fine detail in the hole over that in the ring around it: 1 is as sharp as the photo.
 * Both means are raised by a fifth of a level of 255.
 */
export function sharp(picture: RgbaImage, hole: Coverage): number {
  const plane = grey(picture);
  const smooth = gaussian(plane, detailSigma, detailRadius).data;
  const detail = plane.data.map((value, i) => Math.abs(value - smooth[i]));
  const area = hole.data.reduce((sum, _, i) => sum + (isHoleAt(hole, i) ? 1 : 0), 0);
  const reach = Math.max(8, Math.floor(Math.sqrt(area) / 4));
  const outside = blockDistance(hole, (i) => isHoleAt(hole, i));
  const inside = blockDistance(hole, (i) => !isHoleAt(hole, i), true);
  const isDeep = (i: number) => inside[i] > 3;
  const deep = inside.reduce((sum, _, i) => sum + (isDeep(i) ? 1 : 0), 0);
  const [within, ring] = [new Mean(), new Mean()];
  detail.forEach((value, i) => {
    if (isHoleAt(hole, i)) {
      if (deep < fewPixels || isDeep(i)) within.add(value);
    } else if (outside[i] <= reach) ring.add(value);
  });
  return (within.value + 0.2) / (ring.value + 0.2);
}
