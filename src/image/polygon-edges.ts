/** The edges of polygons, as a sweep over rows of pixels meets them. */
import type { Rect } from './geometry.js';
import type { Polygon } from './region-path.js';

/** A non-horizontal edge, from its upper to its lower end. Units: window pixels. */
export interface Edge {
  readonly top: number;
  readonly bottom: number;
  readonly topX: number;
  readonly bottomX: number;
  /** Change of x with y. */
  readonly slope: number;
  readonly winding: 1 | -1;
  /** x where it enters and leaves the row being drawn. */
  enter: number;
  leave: number;
  /** What the edges are being sorted by. */
  key: number;
}

/** Returns the edges in the order in which the rows reach them. */
export function edgesOf(polygons: readonly Polygon[], { x: left, y: top }: Rect): Edge[] {
  const edges: Edge[] = [];
  for (const ring of polygons) {
    ring.forEach((from, i) => {
      const to = ring[(i + 1) % ring.length];
      if (from.y === to.y) return;
      const [upper, lower] = from.y < to.y ? [from, to] : [to, from];
      edges.push({
        top: upper.y - top,
        bottom: lower.y - top,
        topX: upper.x - left,
        bottomX: lower.x - left,
        slope: (lower.x - upper.x) / (lower.y - upper.y),
        winding: from.y < to.y ? 1 : -1,
        enter: 0,
        leave: 0,
        key: 0,
      });
    });
  }
  return edges.sort((a, b) => a.top - b.top);
}

/** Returns x on the edge, at its end beyond it. */
export function xAt({ top, bottom, topX, bottomX, slope }: Edge, y: number): number {
  if (y <= top) return topX;
  return y >= bottom ? bottomX : topX + slope * (y - top);
}

/** Insertion sort of a part: from one scanline to the next the order hardly changes. */
export function sortByKey(edges: Edge[], start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const edge = edges[i];
    let at = i;
    for (; at > start && edges[at - 1].key > edge.key; at--) edges[at] = edges[at - 1];
    edges[at] = edge;
  }
}
