import { expect, test } from 'vitest';
import { SerialQueue } from '../../src/engine/serial-queue.js';

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

test('a task starts only when the one before it has settled', async () => {
  const queue = new SerialQueue();
  const gate = deferred();
  const order: string[] = [];
  const first = queue.run(async () => {
    order.push('first starts');
    await gate.promise;
    order.push('first ends');
  });
  const second = queue.run(async () => void order.push('second starts'));
  await Promise.resolve();
  expect(order).toEqual(['first starts']);
  gate.resolve();
  await Promise.all([first, second]);
  expect(order).toEqual(['first starts', 'first ends', 'second starts']);
});

test('a failed task rejects its own caller and not the next', async () => {
  const queue = new SerialQueue();
  const failed = queue.run(() => Promise.reject(new Error('broken')));
  const next = queue.run(() => Promise.resolve(7));
  await expect(failed).rejects.toThrow('broken');
  await expect(next).resolves.toBe(7);
});
