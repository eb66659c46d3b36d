import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FillJob } from '../../src/ui/fill/fill-queue.js';
import { patienceMs, Watchdog } from '../../src/ui/fill/watchdog.js';

const levels = [
  { width: 64, height: 64 },
  { width: 128, height: 128 },
];

function job(msPerCall: number | null, level = 0, id = 'a'): FillJob {
  const progress = msPerCall === null ? null : { msPerCall, level, batch: 2 };
  return { id, progress, request: { plan: { levels } } } as unknown as FillJob;
}

let silent: number;
let now: number;
let dog: Watchdog;

/** The clock and the timers go on together, as on a computer that is awake. */
function pass(ms: number): void {
  for (let left = ms; left > 0; left -= 1000) {
    now += 1000;
    vi.advanceTimersByTime(1000);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  [silent, now] = [0, 0];
  dog = new Watchdog(
    () => silent++,
    () => now,
  );
});
afterEach(() => vi.useRealTimers());

test('patience follows the pace, and the next size’s calls are larger', () => {
  expect(patienceMs(job(10))).toBe(60_000 + 20 * 10 * 2 * 4);
  expect(patienceMs(job(10, 1))).toBe(60_000 + 20 * 10 * 2);
  expect(patienceMs(job(4000, 1))).toBe(60_000 + 20 * 8000);
  expect(patienceMs(job(null))).toBe(180_000);
});

test('silence longer than the patience is told once', () => {
  dog.follow(job(10));
  pass(61_000);
  expect(silent).toBe(0);
  pass(5000);
  expect(silent).toBe(1);
  pass(600_000);
  expect(silent).toBe(1);
});

test('a worker that is heard is not silent, however long the fill takes', () => {
  dog.follow(job(2000));
  for (let i = 0; i < 100; i++) {
    pass(50_000);
    dog.heard();
  }
  expect(silent).toBe(0);
});

test('a night asleep is no silence', () => {
  dog.follow(job(10));
  pass(30_000);
  // The clock goes on, the timers do not.
  now += 8 * 3600_000;
  pass(28_000);
  expect(silent).toBe(0);
  pass(10_000);
  expect(silent).toBe(1);
});

test('the next job is given its own time, and none is awaited when none runs', () => {
  dog.follow(job(10));
  pass(50_000);
  dog.follow(job(null, 0, 'b'));
  pass(170_000);
  expect(silent).toBe(0);
  dog.follow(null);
  pass(600_000);
  expect(silent).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
