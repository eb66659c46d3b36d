/** Reads the selection at once: the image to fill and the shapes that mark the region. */
import { editor } from 'express-document-sdk';
import type { MediaContainerNode, Node, VisualNode } from 'express-document-sdk';
import type { Rect } from '../image/geometry.js';
import type { SelectionReading, TargetImage } from '../protocol/sandbox-api.js';
import { isFillLayer } from './records.js';
import { regionShape, sortSelection } from './shapes.js';
import { localToPage, pageBounds } from './space.js';
import { descendants, imageRectangle, isMediaContainer } from './tree.js';

function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Images of the shapes' artboard that could be meant: visible, and not a fill of ours. */
function candidateImages(root: VisualNode): MediaContainerNode[] {
  const images: MediaContainerNode[] = [];
  for (const node of descendants(root)) {
    if (isMediaContainer(node) && node.opacity > 0 && !isFillLayer(node)) images.push(node);
  }
  return images;
}

/** The topmost image that one of the shapes touches. */
function imageUnder(shapes: readonly VisualNode[]): MediaContainerNode | 'none' | 'elsewhere' {
  const images = candidateImages(shapes[0].visualRoot);
  if (images.length === 0) return 'none';
  const marks = shapes.map((shape) => pageBounds(shape as Node));
  const under = images.filter((image) => marks.some((mark) => overlaps(mark, pageBounds(image))));
  return under.length > 0 ? under[under.length - 1] : 'elsewhere';
}

function describeTarget(container: MediaContainerNode): TargetImage | null {
  const media = imageRectangle(container);
  if (!media) return null;
  const artboard = container.visualRoot;
  const page = editor.context.currentPage;
  return {
    id: container.id,
    mediaSize: { width: media.width, height: media.height },
    mediaToPage: localToPage(media),
    crop: regionShape(container.maskShape),
    isLocked: container.locked,
    page: { id: page.id, width: page.width, height: page.height },
    artboardBounds: artboard.boundsLocal,
  };
}

function problem(
  name: Extract<SelectionReading, { status: 'problem' }>['problem'],
): SelectionReading {
  return { status: 'problem', problem: name };
}

/** Reads the host's selection synchronously: no node outlives the call. */
export function readSelection(): SelectionReading {
  const selected = editor.context.selection;
  if (selected.length === 0) return problem('noSelection');
  const { images, shapes } = sortSelection(selected);
  if (images.length > 1) return problem('severalImages');
  if (shapes.length === 0) return problem('imageWithoutShapes');
  const image = images.length === 1 ? (images[0] as MediaContainerNode) : imageUnder(shapes);
  if (image === 'none') return problem('shapesWithoutImage');
  if (image === 'elsewhere') return problem('regionOutsideImage');
  const target = describeTarget(image);
  if (!target) return problem('unsupportedMedia');
  return { status: 'ready', target, shapes: shapes.map(regionShape) };
}
