import { afterEach, expect, test, vi } from 'vitest';
import { openByteStore, OpfsByteStore } from '../../src/engine/byte-store.js';
import { sha256Hex } from '../../src/engine/model-store.js';

const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i % 256);

afterEach(() => vi.restoreAllMocks());

test('bytes kept in one visit are there in the next', async () => {
  const first = await openByteStore();
  expect(first.kind).toBe('opfs');
  expect(await first.write('kept.onnx', bytes)).toBe(true);
  const next = await openByteStore();
  const kept = await next.read('kept.onnx');
  expect(await sha256Hex(kept!)).toBe(await sha256Hex(bytes));
  expect(await next.read('never-kept.onnx')).toBeNull();
});

test('where the frame may not use storage, memory takes its place', async () => {
  const refused = new DOMException(
    'It was determined that certain files are unsafe',
    'SecurityError',
  );
  vi.spyOn(navigator.storage, 'getDirectory').mockRejectedValue(refused);
  const store = await openByteStore();
  expect(store.kind).toBe('memory');
  expect(await store.write('a', bytes)).toBe(true);
  expect(await store.read('a')).toEqual(bytes);
});

test('a full disk means "not kept", and leaves no half file behind', async () => {
  const store = await OpfsByteStore.open('test-full');
  const full = new DOMException('no space', 'QuotaExceededError');
  vi.spyOn(FileSystemFileHandle.prototype, 'createWritable').mockRejectedValue(full);
  expect(await store!.write('big.onnx', bytes)).toBe(false);
  expect(await store!.read('big.onnx')).toBeNull();
});
