/** Small answers of a real server. Oracle: the file itself. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fetchRange, fetchSmall } from '../../../src/shelf/fetch/request.js';
import { FileServer } from './file-server.js';

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251);
const { signal } = new AbortController();

let server: FileServer;
beforeEach(async () => void (server = await FileServer.start()));
afterEach(() => {
  vi.unstubAllGlobals();
  return server.stop();
});

test('a range is read where the server has ranges', async () => {
  const url = server.put('/w', bytes);
  expect(await fetchRange(url, 299_000, 300_000, signal)).toEqual(bytes.subarray(299_000));
});

test('of a server without ranges only the beginning is read', async () => {
  const url = server.put('/w', bytes, { ignoresRange: true });
  expect(await fetchRange(url, 0, 100_001, signal)).toEqual(bytes.subarray(0, 100_001));
  await expect(fetchRange(url, 1, 10, signal)).rejects.toThrow(/cannot be read in parts/);
});

test.each([{}, { hasNoLength: true }])('more than is expected is refused (%o)', async (habits) => {
  const url = server.put('/w', bytes, habits);
  expect((await fetchSmall(url, 300_000, signal)).length).toBe(300_000);
  await expect(fetchSmall(url, 299_999, signal)).rejects.toMatchObject({
    code: 'modelFetch',
    message: expect.stringMatching(/larger than expected \(299999 bytes\)/) as string,
  });
});

test('a cancel is told as one', async () => {
  const url = server.put('/w', bytes, { stallsAfter: 5 });
  const controller = new AbortController();
  const running = fetchSmall(url, 300_000, controller.signal);
  controller.abort();
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
});

/** Answers without an end, as long as anybody reads. */
function endless(): { response: Response; sentBytes(): number } {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
  });
  return { response: new Response(body, { status: 206 }), sentBytes: () => sent };
}

test('an answer without an end is let go as soon as it is too long', async () => {
  for (const ask of [
    () => fetchSmall('https://example.test/a', 100_000, signal),
    () => fetchRange('https://example.test/a', 0, 100_000, signal),
  ]) {
    const { response, sentBytes } = endless();
    vi.stubGlobal('fetch', () => Promise.resolve(response));
    await ask().catch(() => undefined);
    expect(sentBytes()).toBeLessThan(400_000);
  }
});

test('a compressed answer is counted as it unfolds', async () => {
  const url = server.put('/bomb', new Uint8Array(20_000_000), { compresses: true });
  await expect(fetchSmall(url, 100_000, signal)).rejects.toThrow('larger than expected');
  expect(server.compressedCount).toBe(1);
});
