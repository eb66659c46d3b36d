import { afterEach, expect, test, vi } from 'vitest';
import { measureCalls, median } from '../../src/engine/warm-up.js';

afterEach(() => vi.restoreAllMocks());

/** A clock that goes on by so much during each call, and before the first counted one. */
function clock(callMs: number, pauseMs = 0): () => Promise<void> {
  let now = 0;
  let reads = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    // The first reading begins the measurement; a machine may sleep right after it.
    if (reads++ === 1) now += pauseMs;
    return now;
  });
  return () => Promise.resolve(void (now += callMs));
}

test('three calls are counted after two that are not', async () => {
  const call = vi.fn(clock(7));
  expect(await measureCalls(call)).toBe(7);
  expect(call).toHaveBeenCalledTimes(5);
});

test.each([
  ['on a slow machine', 3000, 0],
  ['on one that sleeps in between', 7, 1e7],
])('one call does %s', async (_, callMs, pauseMs) => {
  const call = vi.fn(clock(callMs, pauseMs));
  expect(await measureCalls(call)).toBe(callMs);
  expect(call).toHaveBeenCalledTimes(3);
});

test('the median is the middle value, or between the two', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});
