/** Small answers of a real server. Oracle: the file itself. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchRange, fetchSmall } from '../../../src/shelf/fetch/request.js';
import { FileServer } from './file-server.js';

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251);
const { signal } = new AbortController();

let server: FileServer;
beforeEach(async () => void (server = await FileServer.start()));
afterEach(() => server.stop());

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
