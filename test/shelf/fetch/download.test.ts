/** Downloads over real connections that break, stall, lie and change. Oracle: the file itself. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { download, type DownloadOptions } from '../../../src/shelf/fetch/download.js';
import { MemoryFileStore } from '../../../src/shelf/store/memory-files.js';
import type { PartFile } from '../../../src/shelf/store/file-store.js';
import { RepaintError } from '../../../src/protocol/failure.js';
import { FileServer } from './file-server.js';

const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251);
const digest = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
const sha256 = digest(bytes);

let server: FileServer;
let part: PartFile;

beforeEach(async () => {
  server = await FileServer.start();
  part = await new MemoryFileStore().open('downloads', 'weights.bin');
});

afterEach(() => {
  vi.unstubAllGlobals();
  return server.stop();
});

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
  expect(digest(await content())).toBe(digest(bytes));
  expect(seen.at(-1)).toEqual([bytes.length, bytes.length]);
});

test('a broken connection is taken up where it broke', async () => {
  const url = server.put('/w', bytes, { cuts: [70_000, 50_000] });
  await start([url]);
  expect(digest(await content())).toBe(digest(bytes));
  expect(server.requests.map(({ range }) => range)).toEqual([
    'bytes=0-',
    'bytes=70000-',
    'bytes=120000-',
  ]);
});

test('what an earlier attempt left is kept and counts into the hash', async () => {
  await part.append(bytes.subarray(0, 150_000));
  await start([server.put('/w', bytes)]);
  expect(digest(await content())).toBe(digest(bytes));
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
  expect(digest(await content())).toBe(digest(bytes));
});

test('without a hash, another copy on the server begins anew', async () => {
  await part.append(bytes.subarray(0, 1000).map((byte) => byte ^ 1));
  const noted: (string | null)[] = [];
  const urls = [server.put('/w', bytes, { etag: '"new"' })];
  await start(urls, {
    file: { name: 'w', urls, sizeBytes: null, sha256: null },
    validator: '"old"',
    onValidator: async (validator) => void noted.push(validator),
  });
  expect(digest(await content())).toBe(digest(bytes));
  expect(noted).toEqual(['"new"']);
});

test('without a hash, the same copy is gone on with', async () => {
  await part.append(bytes.subarray(0, 1000));
  const urls = [server.put('/w', bytes, { etag: '"same"' })];
  await start(urls, {
    file: { name: 'w', urls, sizeBytes: null, sha256: null },
    validator: '"same"',
  });
  expect(digest(await content())).toBe(digest(bytes));
  expect(server.requests.map(({ range }) => range)).toEqual(['bytes=1000-']);
});

test('with a hash, a mirror that marks its copy otherwise goes on with what has come', async () => {
  const first = server.put('/first', bytes, { cuts: [90_000], etag: '"first"' });
  const mirror = server.put('/mirror', bytes, { etag: '"mirror"' });
  await start([first, mirror], { pausesMs: [] });
  expect(digest(await content())).toBe(digest(bytes));
  expect(server.requests.at(-1)).toEqual({ path: '/mirror', range: 'bytes=90000-' });
});

test('a copy that changed in the middle of a download is taken from its start', async () => {
  const newer = bytes.map((byte) => byte ^ 1).subarray(0, 120_000);
  const urls = [server.put('/w', bytes, { cuts: [50_000], etag: '"1"' })];
  await start(urls, {
    file: { name: 'w', urls, sizeBytes: null, sha256: null },
    onProgress: (loaded) => {
      if (loaded === 50_000) server.put('/w', newer, { etag: '"2"' });
    },
  });
  expect(digest(await content())).toBe(digest(newer));
});

test('a part that is no beginning of the file is found out, and the file fetched afresh', async () => {
  await part.append(new Uint8Array(1000));
  await start([server.put('/w', bytes)]);
  expect(digest(await content())).toBe(digest(bytes));
  expect(server.requests.map(({ range }) => range)).toEqual(['bytes=1000-', 'bytes=0-']);
});

test('a server that answers another range than was asked begins anew', async () => {
  await part.append(bytes.subarray(0, 1000));
  const urls = [server.put('/w', bytes, { shiftsRange: true })];
  const seen: number[] = [];
  await start(urls, {
    file: { name: 'w', urls, sizeBytes: null, sha256: null },
    onProgress: (loaded) => seen.push(loaded),
  });
  expect(digest(await content())).toBe(digest(bytes));
  // The wrong bytes were not appended first.
  expect(Math.max(...seen)).toBe(bytes.length);
});

describe('a part that reaches the end of the server’s file', () => {
  const unknown = (urls: readonly string[]) => ({ name: 'w', urls, sizeBytes: null, sha256: null });

  test('is whole where the server says so', async () => {
    await part.append(bytes);
    const urls = [server.put('/w', bytes)];
    expect(await start(urls, { file: unknown(urls) })).toEqual({ sizeBytes: bytes.length, sha256 });
    expect(server.requests.map(({ range }) => range)).toEqual([`bytes=${bytes.length}-`]);
  });

  test.each([{}, { hidesRange: true }])(
    'is dropped where the file is shorter (%o)',
    async (habits) => {
      await part.append(bytes);
      const shorter = bytes.subarray(0, 700).map((byte) => byte ^ 1);
      const urls = [server.put('/w', shorter, habits)];
      await start(urls, { file: unknown(urls) });
      expect(digest(await content())).toBe(digest(shorter));
    },
  );
});

test('no compression is asked for: its length would be taken for the file’s', async () => {
  const flat = new Uint8Array(100_000).fill(7);
  const urls = [server.put('/w', flat, { compresses: true })];
  const seen: (number | null)[] = [];
  await start(urls, {
    file: { name: 'w', urls, sizeBytes: null, sha256: null },
    onProgress: (_, total) => seen.push(total),
  });
  expect(digest(await content())).toBe(digest(flat));
  expect(new Set(seen)).toEqual(new Set([flat.length]));
  expect(server.compressedCount).toBe(0);
});

test('a body that does not end is cut at the expected size', async () => {
  const url = server.put('/w', new Uint8Array(5_000_000), { hasNoLength: true, hidesRange: true });
  let most = 0;
  const onProgress = (loaded: number) => void (most = Math.max(most, loaded));
  await expect(start([url], { onProgress })).rejects.toMatchObject({
    code: 'modelHash',
    message: expect.stringMatching(/more than 200000 bytes/) as string,
  });
  expect(part.sizeBytes).toBe(0);
  // One piece too many, as the network hands it over.
  expect(most).toBeLessThan(1_000_000);
});

test('an empty file where another was expected is refused, with a part and without', async () => {
  const url = server.put('/w', new Uint8Array());
  await expect(start([url])).rejects.toMatchObject({ code: 'modelHash' });
  await part.append(bytes.subarray(0, 100));
  await expect(start([url])).rejects.toThrow(/0 bytes/);
});

test('a server without ranges that always breaks is given up', async () => {
  const cuts = Array.from({ length: 40 }, (_, i) => 1000 + 500 * (i % 2));
  const url = server.put('/w', bytes, { cuts, ignoresRange: true });
  await expect(start([url])).rejects.toThrow(/broke off/);
  expect(server.requests.length).toBeLessThan(8);
});

test.each([429, 500, 503])('a server that is busy (%i) is asked again', async (status) => {
  await start([server.put('/w', bytes, { statuses: [status, status] })]);
  expect(digest(await content())).toBe(digest(bytes));
  expect(server.requests.length).toBe(3);
});

test('a disk that fills up ends the download, and what fitted stays', async () => {
  const limited: PartFile = {
    get sizeBytes() {
      return part.sizeBytes;
    },
    append: async (piece) => {
      if (part.sizeBytes > 50_000) throw new RepaintError('storageFull', 'Storage is full.');
      await part.append(piece);
    },
    read: (from, to) => part.read(from, to),
    truncate: (size) => part.truncate(size),
    close: () => part.close(),
  };
  const urls = [server.put('/a', bytes, { cuts: [60_000] }), server.put('/b', bytes)];
  await expect(start(urls, { part: limited })).rejects.toMatchObject({ code: 'storageFull' });
  const kept = part.sizeBytes;
  expect(kept).toBeGreaterThan(50_000);
  expect(digest(await content())).toBe(digest(bytes.subarray(0, kept)));
  await start([urls[1]]);
  expect(digest(await content())).toBe(digest(bytes));
});

test('a cancel is heard while what was kept is read', async () => {
  // Handles in a browser's worker answer at once, without letting messages in.
  let reads = 0;
  const large: PartFile = {
    sizeBytes: 500 * 2 ** 20,
    append: async () => undefined,
    read: async () => new Uint8Array(2 ** 10).fill(reads++),
    truncate: async () => undefined,
    close: async () => undefined,
  };
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 0);
  const urls = [server.put('/w', bytes)];
  const file = { name: 'w', urls, sizeBytes: large.sizeBytes + 1, sha256: null };
  const running = start(urls, { file, part: large, signal: controller.signal });
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  expect(reads).toBeLessThan(10);
});

test('an address that nobody answers at is told with what may be the reason', async () => {
  const url = 'http://127.0.0.1:9/w';
  await expect(start([url])).rejects.toMatchObject({
    code: 'modelFetch',
    message: expect.stringMatching(/127\.0\.0\.1:9\/w could not be reached.*CORS/) as string,
  });
});

test('being offline is said plainly', async () => {
  vi.stubGlobal('navigator', { onLine: false });
  await part.append(bytes.subarray(0, 7000));
  await expect(start(['http://127.0.0.1:9/w'])).rejects.toMatchObject({
    code: 'modelFetch',
    message: expect.stringMatching(/offline.*7000 bytes.*kept/) as string,
  });
});

test('of several failures the one that says most is told', async () => {
  const urls = [server.put('/gone', bytes, { status: 404 }), 'http://127.0.0.1:9/w'];
  await expect(start(urls)).rejects.toThrow(/gone answered 404/);
});

test('a host that stalls is left for the next one', async () => {
  const slow = server.put('/slow', bytes, { stallsAfter: 5000 });
  const next = server.put('/next', bytes);
  await start([slow, next], { stallMs: 200, pausesMs: [] });
  expect(digest(await content())).toBe(digest(bytes));
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
  expect(digest(await content())).toBe(digest(bytes));
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
  expect(digest(await content())).toBe(digest(bytes));
});

test('a connection that always breaks ends in a sentence that says what is kept', async () => {
  const url = server.put('/w', bytes, { cuts: [500, 0, 0, 0, 0, 0] });
  await expect(start([url])).rejects.toMatchObject({
    code: 'modelFetch',
    message: expect.stringMatching(/broke off after 500 of 200000 bytes.*is kept/) as string,
  });
  expect(part.sizeBytes).toBe(500);
  // The one that got somewhere, and three that did not.
  expect(server.requests.length).toBe(4);
});

test.each([
  [401, /needs an account.*gated or private/],
  [403, /gated or private/],
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
