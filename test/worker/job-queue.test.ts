import { expect, test, vi } from 'vitest';
import { JobQueue, type JobSignal } from '../../src/worker/job-queue.js';

/** A job that runs until it is told to end. */
function heldJob() {
  let end = (): void => undefined;
  let signal: JobSignal | null = null;
  const run = (given: JobSignal): Promise<void> => {
    signal = given;
    return new Promise((done) => (end = done));
  };
  return { run, end: () => end(), signal: () => signal };
}

const nothing = (): void => undefined;
const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

test('jobs run one after another and learn how many are before them', async () => {
  const queue = new JobQueue();
  const [a, b] = [heldJob(), heldJob()];
  expect(queue.add('a', a.run, nothing)).toBe(0);
  expect(queue.add('b', b.run, nothing)).toBe(1);
  expect(queue.add('c', heldJob().run, nothing)).toBe(2);
  expect(b.signal()).toBeNull();
  a.end();
  await settle();
  expect(b.signal()).not.toBeNull();
});

test('cancelling the running job tells it so, cancelling a waiting one drops it', async () => {
  const queue = new JobQueue();
  const [a, b] = [heldJob(), heldJob()];
  const dropped = vi.fn();
  queue.add('a', a.run, nothing);
  queue.add('b', b.run, dropped);
  queue.cancel('a');
  queue.cancel('b');
  queue.cancel('unknown');
  expect(a.signal()?.isCancelled).toBe(true);
  expect(dropped).toHaveBeenCalledOnce();
  a.end();
  await settle();
  expect(b.signal()).toBeNull();
});

test('a job that fails does not stop the next', async () => {
  const queue = new JobQueue();
  const next = vi.fn(() => Promise.resolve());
  queue.add('a', () => Promise.reject(new Error('broken')), nothing);
  queue.add('b', next, nothing);
  await settle();
  expect(next).toHaveBeenCalledOnce();
});
