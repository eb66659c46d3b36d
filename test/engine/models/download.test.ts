/** Downloads over real connections that break, stall, lie and change. Oracle: the file itself. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { download } from '../../../src/engine/models/download.js';
import type { DownloadOptions } from '../../../src/engine/models/download.js';
import { MemoryFileStore } from '../../../src/engine/models/memory-files.js';
import type { PartFile } from '../../../src/engine/models/file-store.js';
import { FileServer } from './file-server.js';

const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251);
const sha256 = createHash('sha256').update(bytes).digest('hex');

let server: FileServer;
let part: PartFile;

beforeEach(async () => {
  server = await FileServer.start();
  part = await new MemoryFileStore().open('downloads', 'weights.bin');
});

afterEach(() => server.stop());

function start(urls: readonly string[], options: Partial<DownloadOptions> = {}) {
  const file = { name: 'weights.bin', urls, sizeBytes: bytes.length, sha256 };
  return download({
    file,
    part,
    validator: null,
    onValidator: async () => undefined,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    pausesMs: [1, 1],
    ...options,
  });
}

const content = () => part.read(0, part.sizeBytes);

test('a file comes whole, with progress and its hash', async () => {
  const seen: (readonly [number, number | null])[] = [];
  const url = server.put('/w', bytes);
  const got = await start([url], { onProgress: (...at) => seen.push(at) });
  expect(got).toEqual({ sizeBytes: bytes.length, sha256 });
  expect(await content()).toEqual(bytes);
  expect(seen.at(-1)).toEqual([bytes.length, bytes.length]);
});

test('a broken connection is taken up where it broke', async () => {
  const url = server.put('/w', bytes, { cuts: [70_000, 50_000] });
  await start([url]);
  expect(await content()).toEqual(bytes);
  expect(server.requests.map(({ range }) => range)).toEqual([
    null,
    'bytes=70000-',
    'bytes=120000-',
  ]);
});

test('what an earlier attempt left is kept and counts into the hash', async () => {
  await part.append(bytes.subarray(0, 150_000));
  await start([server.put('/w', bytes)]);
  expect(await content()).toEqual(bytes);
  expect(server.requests[0]?.range).toBe('bytes=150000-');
});

test('a file that was already whole is not asked for', async () => {
  await part.append(bytes);
  await start([server.put('/w', bytes)]);
  expect(server.requests).toEqual([]);
});

test('a server without ranges begins anew', async () => {
  await part.append(bytes.subarray(0, 1000));
  await start([server.put('/w', bytes, { ignoresRange: true })]);
  expect(await content()).toEqual(bytes);
});

test('another copy on the server begins anew', async () => {
  await part.append(bytes.subarray(0, 1000).map((byte) => byte ^ 1));
  const noted: (string | null)[] = [];
  await start([server.put('/w', bytes, { etag: '"new"' })], {
    validator: '"old"',
    onValidator: async (validator) => void noted.push(validator),
  });
  expect(await content()).toEqual(bytes);
  expect(noted).toEqual(['"new"']);
});

test('a host that stalls is left for the next one', async () => {
  const slow = server.put('/slow', bytes, { stallsAfter: 5000, status: undefined });
  const next = server.put('/next', bytes);
  await start([slow, next], { stallMs: 200, pausesMs: [] });
  expect(await content()).toEqual(bytes);
  expect(server.requests[1]).toEqual({ path: '/next', range: 'bytes=5000-' });
});

test('wrong bytes are thrown away, named, and asked of the next host', async () => {
  const wrong = server.put(
    '/wrong',
    bytes.map((byte) => byte ^ 1),
  );
  await expect(start([wrong])).rejects.toMatchObject({
    code: 'modelHash',
    message: expect.stringContaining(sha256) as string,
  });
  expect(part.sizeBytes).toBe(0);
  await start([wrong, server.put('/right', bytes)]);
  expect(await content()).toEqual(bytes);
});

test('a cancelled download keeps what has come and says so', async () => {
  const controller = new AbortController();
  const url = server.put('/w', bytes, { stallsAfter: 60_000 });
  const running = start([url], {
    signal: controller.signal,
    onProgress: (loaded) => loaded >= 60_000 && controller.abort(),
  });
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  expect(part.sizeBytes).toBe(60_000);
  await start([server.put('/w', bytes)]);
  expect(await content()).toEqual(bytes);
});

test('a connection that always breaks ends in a sentence that says what is kept', async () => {
  const url = server.put('/w', bytes, { cuts: new Array<number>(9).fill(0) });
  await expect(start([url])).rejects.toMatchObject({
    code: 'modelFetch',
    message: expect.stringMatching(/broke off after 0 of 200000 bytes.*is kept/) as string,
  });
  expect(server.requests.length).toBe(3);
});

test.each([
  [401, /needs an account/],
  [403, /gated/],
  [404, /check the address/],
  [503, /answered 503/],
])('status %i is told with what to do', async (status, message) => {
  const url = server.put('/w', bytes, { status });
  await expect(start([url])).rejects.toMatchObject({
    code: 'modelFetch',
    message: expect.stringMatching(message) as string,
  });
});

test('a size that differs from the expected one is refused before anything is loaded', async () => {
  const url = server.put('/w', bytes.subarray(1));
  await expect(start([url])).rejects.toThrow(/has 199999 bytes; expected 200000/);
});

test('without size and hash a file is taken as it comes', async () => {
  const urls = [server.put('/w', bytes, { hasNoLength: true })];
  const file = { name: 'w', urls, sizeBytes: null, sha256: null };
  expect(await start(urls, { file })).toEqual({ sizeBytes: bytes.length, sha256 });
});

test('only addresses on the web are asked', async () => {
  await expect(start(['file:///etc/passwd'])).rejects.toThrow(/must begin with https/);
});
