/** Measures calls before the user asks for anything, so that estimates are real. */

const countedCalls = 3;
/** On a slow machine one or two counted calls must do. */
const enoughMs = 2000;

/** Returns the middle value. Throws: RangeError when there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of no values is not defined');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Calls a few times and measures; the first calls, which compile and optimise, are not counted.
 * Returns: median milliseconds of a call.
 */
export async function measureCalls(
  call: () => Promise<unknown>,
  uncountedCalls = 2,
): Promise<number> {
  for (let i = 0; i < uncountedCalls; i++) await call();
  const times: number[] = [];
  const startedAt = performance.now();
  // Once at least: a machine may sleep at any moment, and the clock goes on.
  do {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  } while (times.length < countedCalls && performance.now() - startedAt < enoughMs);
  return median(times);
}
