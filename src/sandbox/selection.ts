/** Reads the selection at once: the image to fill and the shapes that mark the region. */
import { editor, type MediaContainerNode, type Node, type VisualNode } from 'express-document-sdk';
import { overlaps } from '../image/geometry.js';
import type {
  KeptFill,
  PlacedMedia,
  SelectionProblem,
  SelectionReading,
  TargetImage,
} from '../protocol/sandbox-api.js';
import { readBackdrop } from './backdrop.js';
import { fillLayers } from './layers.js';
import { isFillLayer, isKept, readRecord } from './records.js';
import { regionShape, sortSelection } from './shapes.js';
import { localToPage, pageBounds } from './space.js';
import { descendants, findImage, imageRectangle, isMediaContainer } from './tree.js';
import { isVisible } from './visibility.js';

/** Images of the shapes' artboard that could be meant: visible, and not a fill of ours. */
function candidateImages(root: VisualNode): MediaContainerNode[] {
  const images: MediaContainerNode[] = [];
  for (const node of descendants(root)) {
    if (isMediaContainer(node) && isVisible(node) && !isFillLayer(node)) images.push(node);
  }
  return images;
}

/** The kept fills of an image, which may reach past its edge. */
function keptOf(image: MediaContainerNode): Node[] {
  return [...fillLayers()]
    .filter(({ node, record }) => record.targetId === image.id && isKept(node) && isVisible(node))
    .map(({ node }) => node);
}

/** The topmost image that one of the shapes touches, else the one that a kept fill has expanded there. */
function imageUnder(shapes: readonly VisualNode[]): MediaContainerNode | 'none' | 'elsewhere' {
  const images = candidateImages(shapes[0].visualRoot);
  if (images.length === 0) return 'none';
  const marks = shapes.map((shape) => pageBounds(shape as Node));
  const isMarked = (node: Node) => marks.some((mark) => overlaps(mark, pageBounds(node)));
  images.reverse();
  const expanded = (image: MediaContainerNode) => keptOf(image).some(isMarked);
  return images.find(isMarked) ?? images.find(expanded) ?? 'elsewhere';
}

function placedMedia(container: MediaContainerNode): PlacedMedia | null {
  const media = imageRectangle(container);
  return (
    media && {
      id: container.id,
      mediaSize: { width: media.width, height: media.height },
      mediaToPage: localToPage(media),
      crop: regionShape(container.maskShape),
      opacity: container.opacity,
    }
  );
}

/** Kept fills over an image: made for it, or for one below. */
function keptOver(image: MediaContainerNode): KeptFill[] {
  const bounds = pageBounds(image);
  const order = [...descendants(image.visualRoot)].map(({ id }) => id);
  const place = order.indexOf(image.id);
  return [...fillLayers()].flatMap(({ node, record }) => {
    const isOver = isKept(node) && isVisible(node) && order.indexOf(node.id) > place;
    if (!isOver || !isMediaContainer(node) || !overlaps(pageBounds(node), bounds)) return [];
    const media = placedMedia(node);
    const { opaque, targetId } = record;
    return media ? { ...media, isOwn: targetId === image.id, ...(opaque && { opaque }) } : [];
  });
}

function describeTarget(container: MediaContainerNode): TargetImage | null {
  const media = placedMedia(container);
  const page = editor.context.currentPage;
  return (
    media && {
      ...media,
      isLocked: container.locked,
      page: { id: page.id, width: page.width, height: page.height },
      artboardBounds: container.visualRoot.boundsLocal,
      kept: keptOver(container),
    }
  );
}

function problem(name: SelectionProblem, target: TargetImage | null = null): SelectionReading {
  return { status: 'problem', problem: name, target, backdrop: readBackdrop() };
}

/** Selecting a fill means its photo, as long as there is one. */
function photoOf(image: Node): MediaContainerNode {
  const record = readRecord(image);
  return (record && findImage(record.targetId)) ?? (image as MediaContainerNode);
}

function photosOf(images: readonly Node[]): MediaContainerNode[] {
  return [...new Map(images.map(photoOf).map((photo) => [photo.id, photo])).values()];
}

/** What a photo without shapes over it is: to be marked in the panel, if it can be. */
function selectedAlone([photo]: readonly (MediaContainerNode | undefined)[]): SelectionReading {
  if (!photo) return problem('noSelection');
  if (isFillLayer(photo)) return problem('fillSelected');
  const target = describeTarget(photo);
  return target ? problem('imageWithoutShapes', target) : problem('unsupportedMedia');
}

/** Reads the host's selection synchronously: no node outlives the call. */
export function readSelection(): SelectionReading {
  const selected = editor.context.selection;
  if (selected.length === 0) return problem('noSelection');
  const { images, shapes } = sortSelection(selected);
  const photos = photosOf(images);
  if (photos.length > 1) return problem('severalImages');
  if (shapes.length === 0) return selectedAlone(photos);
  const image = photos.length === 1 ? photos[0] : imageUnder(shapes);
  if (image === 'none') return problem('shapesWithoutImage');
  if (image === 'elsewhere') return problem('regionOutsideImage');
  const target = describeTarget(image);
  if (!target) return problem('unsupportedMedia');
  return {
    status: 'ready',
    target,
    shapes: shapes.map(regionShape),
    backdrop: readBackdrop(),
  };
}
