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

/**
 * A size of the context's shape with the area of a square of `side`. A shape too long for the
 * largest area at the least height is squeezed.
 */
function sizeWithArea(context: Size, side: number, { sizeMultiple, maxSize }: LevelRules): Size {
  const stretch = Math.sqrt(context.width / context.height);
  const longest = Math.floor(maxSize ** 2 / sizeMultiple);
  return {
    width: nearestMultiple(Math.min(longest, side * stretch), sizeMultiple),
    height: nearestMultiple(Math.min(longest, side / stretch), sizeMultiple),
  };
}

/**
 * The first level's area as a square's side: the native size, more for a long context, so that the
 * network sees half its native size across. Beyond that a network cannot tell what it sees.
 */
function firstSide(context: Size, { nativeSize, maxSize }: LevelRules): number {
  const { width, height } = context;
  const aspect = Math.max(width / height, height / width);
  return Math.min(maxSize, nativeSize * Math.max(1, Math.sqrt(aspect) / 2));
}

/** A level that is not this much larger than the one before is not worth its calls. */
const leastGain = 1.25;

/**
 * Returns the sizes in order: the native size first, each next twice as large, until one has the
 * context's own pixels (within a quarter) or the maximum is reached, the last step being as large
 * as that allows. A fixed-size network has one. Sizes keep the context's shape to the nearest
 * multiple.
 */
export function levelSizes(context: Size, rules: LevelRules): Size[] {
  const { nativeSize, isFixedSize, maxSize } = rules;
  if (isFixedSize) return [{ width: nativeSize, height: nativeSize }];
  const own = Math.sqrt(context.width * context.height);
  let side = firstSide(context, rules);
  const sizes = [sizeWithArea(context, side, rules)];
  for (;;) {
    const next = Math.min(2 * side, maxSize);
    if (next < leastGain * side || own <= 0.625 * next) return sizes;
    sizes.push(sizeWithArea(context, next, rules));
    side = next;
  }
}
