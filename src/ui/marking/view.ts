/** Which part of the photo the picture shows, and how large. Pure. */
import type { Point, Size } from '../../image/geometry.js';

/** Picture = photo * scale + offset. Units: CSS pixels of the picture, photo pixels. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** How far one may zoom in, CSS pixels for a photo pixel. */
const maxScale = 16;

function fitScale(photo: Size, place: Size): number {
  return Math.min(place.width / photo.width, place.height / photo.height);
}

/** Shows the whole photo. */
export function wholeView(photo: Size, place: Size): View {
  return within({ scale: fitScale(photo, place), x: 0, y: 0 }, photo, place);
}

/** Keeps the photo in the picture: centred where it is smaller, without a gap where it is larger. */
export function within({ scale, x, y }: View, photo: Size, place: Size): View {
  const fit = fitScale(photo, place);
  const bounded = Math.min(Math.max(scale, fit), Math.max(maxScale, fit));
  const along = (offset: number, shown: number, space: number) =>
    shown <= space ? (space - shown) / 2 : Math.min(0, Math.max(space - shown, offset));
  return {
    scale: bounded,
    x: along(x, photo.width * bounded, place.width),
    y: along(y, photo.height * bounded, place.height),
  };
}

/** Zooms by a factor and leaves a point of the picture where it is. */
export function zoomed(view: View, factor: number, at: Point, photo: Size, place: Size): View {
  const wanted = view.scale * factor;
  const { scale } = within({ ...view, scale: wanted }, photo, place);
  const { x, y } = toPhoto(view, at);
  return within({ scale, x: at.x - x * scale, y: at.y - y * scale }, photo, place);
}

export function toPhoto({ scale, x, y }: View, at: Point): Point {
  return { x: (at.x - x) / scale, y: (at.y - y) / scale };
}
