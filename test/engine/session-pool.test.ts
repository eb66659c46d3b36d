import { expect, test, vi } from 'vitest';
import { SessionPool, type BatchSize } from '../../src/engine/session-pool.js';

const size = (side: number): BatchSize => ({ N: 1, H: side, W: side });

function poolOf(capacity: number) {
  const released: number[] = [];
  let held = 0;
  const most = { held: 0 };
  const open = vi.fn(async ({ H }: BatchSize) => {
    most.held = Math.max(most.held, ++held);
    const release = async () => {
      held--;
      released.push(H);
    };
    return { side: H, release };
  });
  return { pool: new SessionPool(open, capacity), open, released, most };
}

test('a size is opened once', async () => {
  const { pool, open } = poolOf(2);
  const [a, b] = await Promise.all([pool.acquire(size(64)), pool.acquire(size(64))]);
  expect(a).toBe(b);
  expect(open).toHaveBeenCalledOnce();
});

test('the size that was used longest ago makes room', async () => {
  const { pool, released, most } = poolOf(2);
  for (const side of [64, 128, 64, 256]) await pool.acquire(size(side));
  expect(released).toEqual([128]);
  // Before the other was opened: memory may not hold all three.
  expect(most.held).toBe(2);
});

test('a size that failed to open is tried again', async () => {
  const { pool, open } = poolOf(2);
  open.mockRejectedValueOnce(new Error('no memory'));
  await expect(pool.acquire(size(64))).rejects.toThrow('no memory');
  await expect(pool.acquire(size(64))).resolves.toMatchObject({ side: 64 });
});

test('releasing all lets go of each', async () => {
  const { pool, released } = poolOf(3);
  for (const side of [64, 128]) await pool.acquire(size(side));
  await pool.releaseAll();
  expect(released).toEqual([64, 128]);
});

test('one size can be let go, to be opened anew', async () => {
  const { pool, open, released } = poolOf(3);
  for (const side of [64, 128]) await pool.acquire(size(side));
  await pool.release(size(64));
  await pool.release(size(256));
  expect(released).toEqual([64]);
  await pool.acquire(size(64));
  expect(open).toHaveBeenCalledTimes(3);
});
