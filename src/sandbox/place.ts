/** Where a fill's pixels go: with the image, wherever that has gone while it was filled. */
import {
  editor,
  type BitmapImage,
  type ContainerNode,
  type MediaContainerNode,
} from 'express-document-sdk';
import { compose, decompose, invert, scaling, type Mat2d } from '../image/geometry.js';
import type { NewLayer, PlacedMedia } from '../protocol/sandbox-api.js';
import { localToPage } from './space.js';
import { imageRectangle } from './tree.js';

/** Maps the unit square to where the media lies on the page. */
function unitToPage({
  mediaSize,
  mediaToPage,
}: Pick<PlacedMedia, 'mediaSize' | 'mediaToPage'>): Mat2d {
  return compose(mediaToPage, scaling(mediaSize.width, mediaSize.height));
}

/** True for a turn, a move and an even scale: all that an image layer can follow. */
function isSimilarity(map: Mat2d): boolean {
  const { scaleX, scaleY, isMirrored } = decompose(map);
  const [a, b, c, d] = map;
  const skew = Math.abs(a * c + b * d) / (scaleX * scaleY);
  return !isMirrored && Math.abs(scaleY / scaleX - 1) < 0.01 && skew < 0.01;
}

/** Returns where the pixels belong now; undefined when the image has changed its shape since. */
export function pixelsNow(
  image: MediaContainerNode,
  { image: then, pixelsToPage }: NewLayer,
): Mat2d | undefined {
  const media = imageRectangle(image);
  if (!media) return undefined;
  const { width, height } = media;
  const now = { mediaSize: { width, height }, mediaToPage: localToPage(media) };
  const moved = compose(unitToPage(now), invert(unitToPage(then)));
  const isStill = moved.every((value, k) => Math.abs(value - [1, 0, 0, 1, 0, 0][k]) < 1e-6);
  // An image that has not moved keeps its whole pixels.
  if (isStill) return pixelsToPage;
  return isSimilarity(moved) ? compose(moved, pixelsToPage) : undefined;
}

/** Makes the container at the layer's size, turned and placed within its parent's space. */
export function placeIn(
  parent: ContainerNode,
  bitmap: BitmapImage,
  layer: NewLayer,
): MediaContainerNode {
  const pixelsToParent = compose(invert(localToPage(parent)), layer.pixelsToPage);
  const { scaleX, rotationDegrees } = decompose(pixelsToParent);
  const initialSize = { width: layer.size.width * scaleX, height: layer.size.height * scaleX };
  const container = editor.createImageContainer(bitmap, { initialSize });
  const corner = container.topLeftLocal;
  container.setRotationInParent(rotationDegrees, corner);
  container.setPositionInParent({ x: pixelsToParent[4], y: pixelsToParent[5] }, corner);
  return container;
}
