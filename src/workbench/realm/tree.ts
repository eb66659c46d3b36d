/** Where nodes are: in the document, or made and not yet inserted. */
import type { Matrix, NodeData } from '../document.js';
import { multiply } from './affine.js';
import { store } from './store.js';

/** Nodes made but not yet inserted. */
const detached = new Map<string, NodeData>();

/** Notes a node, and those in it, that are in no list yet. */
export function noteDetached(node: NodeData): void {
  detached.set(node.id, node);
  node.children.forEach(noteDetached);
}

/** A node counts as inserted from here on. */
export function noteInserted(id: string): void {
  detached.delete(id);
}

/** Finds a node in the document or among those not yet inserted. */
export function findNode(id: string): NodeData | undefined {
  return store.find(id)?.node ?? detached.get(id);
}

/** Map from a node's own units to its page. */
export function toRoot(id: string): Matrix {
  const place = store.find(id);
  if (!place) return detached.get(id)?.matrix ?? [1, 0, 0, 1, 0, 0];
  // Page space is the artboard's own: its place on the canvas does not count.
  return place.parent ? multiply(toRoot(place.parent.id), place.node.matrix) : [1, 0, 0, 1, 0, 0];
}

/** Takes a node out of the document. */
export function removeNode(id: string): void {
  const parent = store.find(id)?.parent;
  if (!parent) return;
  store.change(() => (parent.children = parent.children.filter((child) => child.id !== id)));
}
