/** Models on the network. Oracle: what a real server was asked for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryFileStore } from '../../../src/shelf/store/memory-files.js';
import { Downloads } from '../../../src/shelf/fetch/downloads.js';
import { rangeSource } from '../../../src/shelf/fetch/range-source.js';
import { FileServer } from './file-server.js';

const { signal } = new AbortController();
const origin = { kind: 'url', url: 'https://test/net.pt' } as const;
let server: FileServer;
beforeAll(async () => {
  server = await FileServer.start();
});
afterAll(() => server.stop());

/** A file of a model; one that is not on the server where there are no bytes. */
function remote(name: string, bytes: Uint8Array | null) {
  const url = bytes ? server.put(`/${name}`, bytes) : `${server.origin}/${name}`;
  return { name, urls: [url], sizeBytes: bytes?.length ?? null, sha256: null };
}

test('a config that cannot be had ends the download before the weights are begun', async () => {
  const weights = remote('net.pt', new Uint8Array(1000));
  const companions = [remote('config.json', null)];
  const model = { title: 'Net', weights, companions, licence: null };
  const options = { origin, model, signal, onProgress: () => undefined };
  const failure = new Downloads(new MemoryFileStore()).fetch(options);
  await expect(failure).rejects.toMatchObject({ code: 'modelFetch' });
  expect(server.requests.map(({ path }) => path)).toEqual(['/config.json']);
});

test('a download is known by its folder, not by a name that begins like one', async () => {
  const store = new MemoryFileStore();
  const downloads = new Downloads(store);
  const model = {
    title: 'Net',
    weights: remote('net.pt', new Uint8Array(1000)),
    companions: [],
    licence: null,
  };
  await downloads.fetch({ origin, model, signal, onProgress: () => undefined });
  const [left] = await downloads.list();
  expect(await downloads.owns(left.id)).toBe(true);
  // "download (1).pt" makes a model of this id.
  expect(await downloads.owns('download-1')).toBe(false);
});

test('a file that ends early is not read as zeros', async () => {
  const file = { ...remote('cut.pt', new Uint8Array(1000).fill(1)), sizeBytes: 2000 };
  const source = rangeSource(file, signal);
  await expect(source.read(0, 1500)).rejects.toMatchObject({ code: 'modelFetch' });
});
