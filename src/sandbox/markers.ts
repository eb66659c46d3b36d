/** Shapes that mark a region: known to the document, so that they can be put out of the way. */
import type { Node } from 'express-document-sdk';
import type { RegionMarker } from '../protocol/sandbox-api.js';

const markerKey = 'repaintFillMarker';

/** Notes which region a shape marks; it marks the latest only. */
export function mark(node: Node, regionId: string): void {
  if (regionOf(node) !== regionId) node.addOnData.setItem(markerKey, `${regionId} ${node.id}`);
}

/** A copy of a marker carries its data too, but is a shape like any other. */
function regionOf(node: Node): string | undefined {
  const [regionId, nodeId] = node.addOnData.getItem(markerKey)?.split(' ') ?? [];
  return nodeId === node.id ? regionId : undefined;
}

export function isMarker(node: Node): boolean {
  return regionOf(node) !== undefined;
}

/** Describes a marker; undefined for any other node. */
export function readMarker(node: Node): RegionMarker | undefined {
  const regionId = regionOf(node);
  return regionId === undefined
    ? undefined
    : { nodeId: node.id, regionId, isVisible: node.opacity > 0 };
}
