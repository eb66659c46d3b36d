/** Fills as layers: each added once, above its image and above the fills that it covers. */
import {
  editor,
  type BitmapImage,
  type ContainerNode,
  type MediaContainerNode,
  type Node,
} from 'express-document-sdk';
import { mapBounds, overlaps, type Rect } from '../image/geometry.js';
import {
  regionIdOf,
  type AddLayerResult,
  type FillRecord,
  type NewLayer,
  type NotAdded,
} from '../protocol/sandbox-api.js';
import { placeIn, pixelsNow } from './place.js';
import { isFillLayer, isKept, readRecord, writeRecord } from './records.js';
import { pageBounds } from './space.js';
import {
  childOf,
  currentArtboard,
  descendants,
  findImage,
  slotAbove,
  visualNodes,
  type Slot,
} from './tree.js';
import { hide } from './visibility.js';

/** Fills of ours on the current page, with what they remember. */
export function* fillLayers(): Generator<{ node: Node; record: FillRecord }> {
  for (const node of visualNodes()) {
    const record = readRecord(node);
    if (record) yield { node, record };
  }
}

/** The topmost fill over an image that a new one would touch. */
function fillBelow(image: Node, bounds: Rect): Node | undefined {
  let isAbove = false;
  let top: Node | undefined;
  for (const node of descendants(image.visualRoot)) {
    if (node.id === image.id) isAbove = true;
    if (isAbove && isFillLayer(node) && overlaps(pageBounds(node), bounds)) top = node;
  }
  return top;
}

/** Right above the image, or above the fills that lie there; beside the image where that goes. */
function slotOver(image: MediaContainerNode, bounds: Rect): Slot | undefined {
  const slot = slotAbove(image);
  const below = slot && fillBelow(image, bounds);
  if (!below) return slot;
  const beside = childOf(slot.parent, below);
  return beside ? { parent: slot.parent, after: beside } : slotAbove(below);
}

function numberOf(layer: NewLayer): number {
  const { targetId } = layer.record;
  const numbers = [...fillLayers()]
    .filter(({ record }) => record.targetId === targetId)
    .map(({ record }) => record.number);
  return Math.max(0, ...numbers) + 1;
}

/** The other tries of a fill's region. */
function otherTries(layer: NewLayer): Node[] {
  const region = regionIdOf(layer.record.jobId);
  return [...fillLayers()]
    .filter(({ node, record }) => regionIdOf(record.jobId) === region && !isKept(node))
    .map(({ node }) => node);
}

function insertAt(
  place: Slot | ContainerNode,
  make: (parent: ContainerNode) => MediaContainerNode,
  layer: NewLayer,
): AddLayerResult {
  const number = numberOf(layer);
  const others = otherTries(layer);
  const parent = 'after' in place ? place.parent : place;
  const container = make(parent);
  writeRecord(container, { ...layer.record, number });
  if ('after' in place) parent.children.insertAfter(container, place.after);
  else parent.children.append(container);
  hideUnder(others);
  return { status: 'added', layerId: container.id };
}

/** The fill is there, whatever fails now: a try left in sight lies under it. */
function hideUnder(others: readonly Node[]): void {
  try {
    for (const node of others) hide(node);
  } catch {
    // Showing one of the tries hides the others again.
  }
}

/** Why the image cannot be found on this page. */
function whereGone({ image }: NewLayer): NotAdded {
  const isElsewhere = editor.context.currentPage.id !== image.pageId;
  const isThere = [...editor.documentRoot.pages].some(({ id }) => id === image.pageId);
  return isElsewhere && isThere ? 'otherPage' : 'targetGone';
}

function insertAbove(bitmap: BitmapImage, layer: NewLayer): AddLayerResult {
  const image = findImage(layer.image.id);
  if (!image) return { status: whereGone(layer) };
  const pixelsToPage = pixelsNow(image, layer);
  if (!pixelsToPage) return { status: 'targetChanged' };
  const moved = { ...layer, pixelsToPage };
  const slot = slotOver(image, placedBounds(moved));
  if (!slot) return { status: 'targetGone' };
  return insertAt(slot, (parent) => placeIn(parent, bitmap, moved), moved);
}

function placedBounds({ pixelsToPage, size }: NewLayer): Rect {
  return mapBounds(pixelsToPage, { x: 0, y: 0, ...size });
}

function alreadyAdded({ record }: NewLayer): Node | undefined {
  const { jobId, seed } = record;
  for (const fill of fillLayers()) {
    if (fill.record.jobId === jobId && fill.record.seed === seed) return fill.node;
  }
  return undefined;
}

function insert(bitmap: BitmapImage, layer: NewLayer, isOnTop: boolean): AddLayerResult {
  const existing = alreadyAdded(layer);
  if (existing) return { status: 'added', layerId: existing.id };
  if (!isOnTop) return insertAbove(bitmap, layer);
  return insertAt(currentArtboard(), (parent) => placeIn(parent, bitmap, layer), layer);
}

/**
 * Adds a fill. The document is changed in one synchronous block, so one undo takes it back; nothing
 * is held while the bitmap loads.
 */
export async function addLayer(
  layer: NewLayer,
  place: 'aboveImage' | 'topOfPage',
): Promise<AddLayerResult> {
  let bitmap: BitmapImage | undefined;
  let result: AddLayerResult = { status: 'targetGone' };
  await editor.keepContentActiveDuringAsync(
    currentArtboard(),
    async () => {
      bitmap = await editor.loadBitmapImage(layer.png);
    },
    () => {
      if (bitmap) result = insert(bitmap, layer, place === 'topOfPage');
    },
  );
  return result;
}
