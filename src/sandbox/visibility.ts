/** What is seen: the host has no visibility, so a hidden node has opacity 0 and notes what it had. */
import type { Node } from 'express-document-sdk';
import { isFillLayer, isKept } from './records.js';
import { isMarker } from './markers.js';
import { visualNodes } from './tree.js';

/** Why a node is out of sight: for good, or while the page is taken as a picture. */
type Reason = 'hidden' | 'setAside';

const keys: Record<Reason, string> = {
  hidden: 'repaintFillOpacity',
  setAside: 'repaintFillSetAside',
};

export function isVisible(node: Node): boolean {
  return node.opacity > 0;
}

/** Hides a node that is seen. */
export function hide(node: Node, reason: Reason = 'hidden'): void {
  if (!isVisible(node)) return;
  node.addOnData.setItem(keys[reason], String(node.opacity));
  node.opacity = 0;
}

/** The opacity that was noted; what is not one, or was hidden by hand, is seen in full. */
function opacityBefore(node: Node, reason: Reason): number {
  const opacity = Number(node.addOnData.getItem(keys[reason]) ?? 1);
  return opacity > 0 && opacity <= 1 ? opacity : 1;
}

/** Gives a hidden node its opacity back. */
export function show(node: Node, reason: Reason = 'hidden'): void {
  if (!isVisible(node)) node.opacity = opacityBefore(node, reason);
  for (const key of Object.values(keys)) {
    if (node.addOnData.getItem(key) !== undefined) node.addOnData.removeItem(key);
  }
}

/** True for what is no part of the picture: markers, and fills nobody has kept. */
export function isClutter(node: Node): boolean {
  return isMarker(node) || (isFillLayer(node) && !isKept(node));
}

/** Takes what is in the way out of sight; the document itself notes it. */
export function setAside(nodes: readonly Node[]): void {
  for (const node of nodes) hide(node, 'setAside');
}

/** Brings back what was set aside on this page. Returns: how many nodes. */
export function bringBack(): number {
  let restored = 0;
  for (const node of visualNodes()) {
    if (node.addOnData.getItem(keys.setAside) === undefined) continue;
    show(node, 'setAside');
    restored++;
  }
  return restored;
}
