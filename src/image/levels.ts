/** The sizes a fill is made at, coarse to fine. */
import type { Size } from './geometry.js';

export interface LevelRules {
  /** The size the network was trained at, pixels a side. */
  readonly nativeSize: number;
  readonly sizeMultiple: number;
  readonly isFixedSize: boolean;
  /** No level has a larger area than this squared. */
  readonly maxSize: number;
}

function nearestMultiple(value: number, multiple: number): number {
  return Math.max(multiple, Math.round(value / multiple) * multiple);
}

/** A size of the context's shape with the area of a square of `side`. */
function sizeWithArea(context: Size, side: number, multiple: number): Size {
  const stretch = Math.sqrt(context.width / context.height);
  return {
    width: nearestMultiple(side * stretch, multiple),
    height: nearestMultiple(side / stretch, multiple),
  };
}

/**
 * Returns the sizes in order: the native size first, each next twice as large, until one has the
 * context's own pixels (within a quarter) or the maximum is reached. A fixed-size network has one.
 * Sizes keep the context's shape to the nearest multiple.
 */
export function levelSizes(context: Size, rules: LevelRules): Size[] {
  const { nativeSize, sizeMultiple, isFixedSize, maxSize } = rules;
  if (isFixedSize) return [{ width: nativeSize, height: nativeSize }];
  const own = Math.sqrt(context.width * context.height);
  const sizes = [sizeWithArea(context, nativeSize, sizeMultiple)];
  for (let side = 2 * nativeSize; side <= maxSize && own > 0.625 * side; side *= 2) {
    sizes.push(sizeWithArea(context, side, sizeMultiple));
  }
  return sizes;
}
