/** The origin private file system itself, also when it is full, refused, or its worker is killed. */
import { proxy, wrap, type Remote } from 'comlink';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { cdp } from 'vitest/browser';
import { openFileStore } from '../../../src/shelf/store/file-store.js';
import { testStore } from './store-contract.js';
import type { StoreProbe } from './store-probe.js';

let worker: Worker;
let probe: Remote<StoreProbe>;

function start(mode = ''): void {
  const url = new URL('./opfs-worker.ts', import.meta.url);
  url.searchParams.set('mode', mode);
  worker = new Worker(url, { type: 'module' });
  probe = wrap<StoreProbe>(worker);
}

async function clear(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry('test-models', { recursive: true }).catch(() => undefined);
}

beforeAll(clear);
afterAll(clear);
beforeEach(() => start());
afterEach(() => worker.terminate());

testStore(() => probe);

test('what one worker keeps is there for the next', async () => {
  expect(await probe.kind()).toBe('opfs');
  await probe.append('kept', 'x', [Uint8Array.of(1, 2, 3)]);
  worker.terminate();
  start();
  expect(await probe.content('kept', 'x')).toEqual(Uint8Array.of(1, 2, 3));
});

test('a killed worker loses nothing that it had appended, and the next goes on at once', async () => {
  const told = await new Promise<number>((killed) => {
    // A late message of this one must not end the next.
    const victim = worker;
    const onAppended = (sizeBytes: number) => {
      if (sizeBytes < 200_000) return;
      victim.terminate();
      killed(sizeBytes);
    };
    void probe.appendForever('killed', 'part', proxy(onAppended));
  });
  start();
  const sizeBytes = await probe.append('killed', 'part', [Uint8Array.of(255)]);
  expect(sizeBytes).toBeGreaterThan(told);
  const content = await probe.content('killed', 'part');
  expect(content).toEqual(
    Uint8Array.from({ length: Number(sizeBytes) }, (_, i) =>
      i === Number(sizeBytes) - 1 ? 255 : i % 251,
    ),
  );
});

test('a second writer is refused with what to do', async () => {
  expect(await probe.openTwice('twice', 'x')).toMatchObject({
    code: 'internal',
    message: expect.stringMatching(/twice\/x is being written elsewhere: close/) as string,
  });
});

test('a second writer waits for one that is about to end, as a killed worker is', async () => {
  expect(await probe.openAfter('soon', 'x', 500)).toBe(1);
});

test('what cannot be opened for another reason is not said to be written elsewhere', async () => {
  const root = await navigator.storage.getDirectory();
  const models = await root.getDirectoryHandle('test-models', { create: true });
  await models.getFileHandle('no-folder', { create: true });
  const failure = probe.append('no-folder', 'x', []);
  await expect(failure).rejects.toMatchObject({ name: 'TypeMismatchError' });
});

test('full storage says what is needed and what to do; what fitted stays', async () => {
  await probe.append('full', 'x', [new Uint8Array(1000).fill(1)]);
  const { origin } = location;
  const usage = (await navigator.storage.estimate()).usage ?? 0;
  await cdp().send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 2_000_000 });
  try {
    expect(await probe.append('full', 'x', [new Uint8Array(30_000_000)])).toMatchObject({
      code: 'storageFull',
      message: expect.stringMatching(/at least 30 MB more are needed\. Remove a model/) as string,
    });
  } finally {
    await cdp().send('Storage.overrideQuotaForOrigin', { origin });
  }
  expect((await probe.content('full', 'x'))?.slice(0, 1000)).toEqual(new Uint8Array(1000).fill(1));
  expect(await probe.append('full', 'x', [Uint8Array.of(2)])).toBeGreaterThan(1000);
});

test('where the frame may not use storage, memory takes its place and says so', async () => {
  worker.terminate();
  start('refused');
  expect(await probe.kind()).toBe('memory');
});

test('a page, where handles write nothing in place, gets memory', async () => {
  expect((await openFileStore()).kind).toBe('memory');
});
