/** A picture made larger on some sides: by how much, and where what was in it lies then. */
import { unionOf, type Rect, type Size } from './geometry.js';

/** Pixels to add on each side. */
export interface Margins {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export const noMargins: Margins = { top: 0, right: 0, bottom: 0, left: 0 };

export function hasMargins({ top, right, bottom, left }: Margins): boolean {
  return top > 0 || right > 0 || bottom > 0 || left > 0;
}

export function expandedSize({ width, height }: Size, { top, right, bottom, left }: Margins): Size {
  return { width: width + left + right, height: height + top + bottom };
}

/** Returns how far a rectangle reaches past each edge of another; 0 where it does not. */
export function reachPast(rect: Rect, edges: Rect): Margins {
  const all = unionOf([rect, edges]);
  return {
    top: edges.y - all.y,
    right: all.x + all.width - (edges.x + edges.width),
    bottom: all.y + all.height - (edges.y + edges.height),
    left: edges.x - all.x,
  };
}
