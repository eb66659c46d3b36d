/** Fills as layers: added above their image, shown, hidden, kept and removed. */
import { editor } from 'express-document-sdk';
import type { BitmapImage, ContainerNode, MediaContainerNode } from 'express-document-sdk';
import { compose, decompose, invert } from '../image/geometry.js';
import type { AddLayerResult, FillLayer, NewLayer } from '../protocol/sandbox-api.js';
import { keepRecord, readRecord, writeRecord } from './records.js';
import { localToPage } from './space.js';
import { currentArtboard, descendants, findImage, findNode, slotAbove, type Slot } from './tree.js';

/** Makes the container at the layer's size, turned and placed within its parent's space. */
function placeIn(parent: ContainerNode, bitmap: BitmapImage, layer: NewLayer): MediaContainerNode {
  const pixelsToParent = compose(invert(localToPage(parent)), layer.pixelsToPage);
  const { scaleX, rotationDegrees } = decompose(pixelsToParent);
  const initialSize = { width: layer.size.width * scaleX, height: layer.size.height * scaleX };
  const container = editor.createImageContainer(bitmap, { initialSize });
  const corner = container.topLeftLocal;
  container.setRotationInParent(rotationDegrees, corner);
  container.setPositionInParent({ x: pixelsToParent[4], y: pixelsToParent[5] }, corner);
  writeRecord(container, layer.record);
  return container;
}

/** Where the layer goes: above the target; without one, on top of the page if asked. */
function slotFor(layer: NewLayer, onPage: boolean): Slot | ContainerNode | undefined {
  const target = findImage(layer.targetId);
  const slot = target && slotAbove(target);
  return slot ?? (onPage ? currentArtboard() : undefined);
}

function insert(bitmap: BitmapImage, layer: NewLayer, onPage: boolean): AddLayerResult {
  const slot = slotFor(layer, onPage);
  if (!slot) return { status: 'targetGone' };
  if ('after' in slot) {
    const container = placeIn(slot.parent, bitmap, layer);
    slot.parent.children.insertAfter(container, slot.after);
    return { status: 'added', layerId: container.id };
  }
  const container = placeIn(slot, bitmap, layer);
  slot.children.append(container);
  return { status: 'added', layerId: container.id };
}

/**
 * Adds a fill right above its image. The document is changed in one synchronous block, so one
 * undo takes it back; nothing is held while the bitmap loads.
 */
export async function addLayer(layer: NewLayer, onPage: boolean): Promise<AddLayerResult> {
  let bitmap: BitmapImage | undefined;
  let result: AddLayerResult = { status: 'targetGone' };
  await editor.keepContentActiveDuringAsync(
    currentArtboard(),
    async () => {
      bitmap = await editor.loadBitmapImage(layer.png);
    },
    () => {
      if (bitmap) result = insert(bitmap, layer, onPage);
    },
  );
  return result;
}

function eachLayer(layerIds: readonly string[], act: (layer: MediaContainerNode) => void): void {
  for (const id of layerIds) {
    const layer = findImage(id);
    if (layer) act(layer);
  }
}

/** The host has no visibility: a hidden layer has opacity 0. */
export function showLayers(layerIds: readonly string[], visibleIds: readonly string[]): void {
  eachLayer(layerIds, (layer) => {
    layer.opacity = visibleIds.includes(layer.id) ? 1 : 0;
  });
}

export function removeLayers(layerIds: readonly string[]): void {
  for (const id of layerIds) findNode(id)?.removeFromParent();
}

export function keepLayers(layerIds: readonly string[]): void {
  eachLayer(layerIds, keepRecord);
}

/** Lists the fills of the current page, bottom to top. */
export function listLayers(): FillLayer[] {
  const layers: FillLayer[] = [];
  for (const artboard of editor.context.currentPage.artboards) {
    for (const node of descendants(artboard)) {
      const record = readRecord(node);
      if (record) layers.push({ id: node.id, isVisible: node.opacity > 0, record });
    }
  }
  return layers;
}
