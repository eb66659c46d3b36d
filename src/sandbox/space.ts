/** Coordinate spaces of nodes: local units to page space, the space of the node's artboard. */
import type { Node, VisualNode } from 'express-document-sdk';
import type { Mat2d, Rect } from '../image/geometry.js';

/** Returns the map from one node's local space to another's. Both lie under one artboard. */
export function localToNode(node: VisualNode, target: VisualNode): Mat2d {
  const origin = node.localPointInNode({ x: 0, y: 0 }, target);
  const alongX = node.localPointInNode({ x: 1, y: 0 }, target);
  const alongY = node.localPointInNode({ x: 0, y: 1 }, target);
  return [
    alongX.x - origin.x,
    alongX.y - origin.y,
    alongY.x - origin.x,
    alongY.y - origin.y,
    origin.x,
    origin.y,
  ];
}

/** Returns the map from a node's local space to page space. */
export function localToPage(node: VisualNode): Mat2d {
  return localToNode(node, node.visualRoot);
}

/** Returns a node's bounds in page space. */
export function pageBounds(node: Node): Rect {
  return node.boundsInNode(node.visualRoot);
}
