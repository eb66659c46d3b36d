import { beforeEach, expect, test } from 'vitest';
import { MemoryFileStore } from '../../../src/shelf/store/memory-files.js';
import { testStore } from './store-contract.js';
import { StoreProbe } from './store-probe.js';

let probe: StoreProbe;
beforeEach(() => {
  const store = new MemoryFileStore();
  probe = new StoreProbe(async () => store);
});

testStore(() => probe);

test('what was read stays as it was when the file grows', async () => {
  const store = new MemoryFileStore();
  const part = await store.open('a', 'x');
  const chunk = Uint8Array.of(1, 2, 3);
  await part.append(chunk);
  const before = await store.read('a', 'x');
  chunk.fill(9);
  await part.append(chunk);
  expect([...new Uint8Array((await before?.arrayBuffer()) ?? [])]).toEqual([1, 2, 3]);
  expect([...(await part.read(0, 6))]).toEqual([1, 2, 3, 9, 9, 9]);
});

test('chunks beyond what is folded at once come back in order', async () => {
  const part = await new MemoryFileStore().open('a', 'x');
  for (let i = 0; i < 20; i++) await part.append(new Uint8Array(2 ** 20).fill(i));
  expect(part.sizeBytes).toBe(20 * 2 ** 20);
  for (let i = 0; i < 20; i++) {
    expect([...(await part.read(i * 2 ** 20, i * 2 ** 20 + 2))]).toEqual([i, i]);
  }
});
