/** Fetching over a real port, from a real server. Oracles: the files, and what the server was asked. */
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerFetches, followOver } from '../../../src/shelf/fetch/distant.js';
import type { Follow } from '../../../src/shelf/fetch/follow.js';
import { FileServer } from './file-server.js';

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251);

let server: FileServer;
let origins: string[];
let follow: Follow;
let hangUp: () => void;
let ends: (() => void)[];

/** Two ends of a port, closed after the test. */
function ports() {
  const { port1, port2 } = new MessageChannel();
  ends.push(() => port1.close());
  return [port1, port2] as const;
}

beforeEach(async () => {
  server = await FileServer.start();
  origins = [server.origin];
  ends = [() => void server.stop()];
  const [asking, answering] = ports();
  hangUp = answerFetches(answering, () => origins);
  ends.push(hangUp);
  follow = followOver(asking);
});
afterEach(() => ends.forEach((end) => end()));

test('a range comes with its status, its headers and its bytes', async () => {
  const url = server.put('/w', bytes, { etag: '"a"' });
  const answer = await follow(url, { headers: { range: 'bytes=100-' } });
  expect([answer.status, answer.headers.get('etag')]).toEqual([206, '"a"']);
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes.subarray(100));
  expect(server.requests).toEqual([{ path: '/w', range: 'bytes=100-' }]);
});

test('a HEAD brings headers alone, a missing file its status', async () => {
  const head = await follow(server.put('/w', bytes), { method: 'HEAD' });
  expect([head.headers.get('content-length'), await head.text()]).toEqual(['300000', '']);
  expect((await follow(`${server.origin}/none`)).status).toBe(404);
});

describe('the desk refuses', () => {
  test.each([
    ['another host', 'https://elsewhere.test/w', {}],
    ['an address of another port', 'http://127.0.0.1:9/w', {}],
    ['another method', '/w', { method: 'POST' }],
    [
      'a header that could carry something',
      '/w',
      { headers: { range: 'bytes=0-', 'x-photo': 'x' } },
    ],
    ['a range that could', '/w', { headers: { range: 'bytes=0-, 1-2, 77-88' } }],
  ] as const)('%s', async (_, path, init) => {
    const url = path === '/w' ? server.put('/w', bytes) : path;
    await expect(follow(url, init)).rejects.toMatchObject({ code: 'modelFetch' });
    expect(server.requests).toEqual([]);
  });

  test('whoever is not named any more', async () => {
    const url = server.put('/w', bytes);
    origins = [];
    await expect(follow(url)).rejects.toThrow('is not the host that was named');
  });
});

/** Another server. Returns: its origin. */
async function serve(answer: RequestListener): Promise<string> {
  const other = createServer(answer);
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  ends.push(() => other.close());
  return `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
}

test('a refusal keeps its code and sentence', async () => {
  const away = await serve((_, response) =>
    response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  );
  origins = [away];
  await expect(follow(`${away}/`)).rejects.toMatchObject({
    code: 'modelFetch',
    message: `${away}/ leads to file:///etc/passwd, which is no web address.`,
  });
});

test('a broken connection is none', async () => {
  const cut = await follow(server.put('/w', bytes, { cuts: [1000] }));
  await expect(cut.arrayBuffer()).rejects.toThrow(TypeError);
  const url = server.put('/w', bytes);
  await server.stop();
  await expect(follow(url)).rejects.toThrow(TypeError);
});

test('a dead desk is told, and an abort needs no answer', async () => {
  const [asking] = ports();
  const alone = followOver(asking, 50);
  await expect(alone(`${server.origin}/w`)).rejects.toMatchObject({
    code: 'networkGone',
    message: expect.stringMatching(/reload the panel/),
  });
  const patient = followOver(ports()[0], 1e6);
  const { signal } = new AbortController();
  const given = AbortSignal.any([signal, AbortSignal.timeout(10)]);
  await expect(patient(`${server.origin}/w`, { signal: given })).rejects.toThrow(/timeout/);
});

describe('an endless file', () => {
  let sentBytes: number;
  let isClosed: Promise<unknown>;

  /** As much as the connection takes. */
  function pour(response: ServerResponse): void {
    const piece = Buffer.alloc(2 ** 16);
    const more = () => {
      do sentBytes += piece.byteLength;
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more);
    isClosed = new Promise((resolve) => response.on('close', resolve));
    more();
  }

  beforeEach(async () => {
    sentBytes = 0;
    origins = [await serve((_, response) => pour(response))];
  });

  test('is taken only as fast as it is read', async () => {
    const stop = new AbortController();
    const { body } = await follow(`${origins[0]}/`, { signal: stop.signal });
    const reader = body!.getReader();
    let read = 0;
    while (read < 2 ** 22) read += (await reader.read()).value!.byteLength;
    // What the sockets and the streams of both ends hold; without a reader nothing more comes.
    let before = -1;
    while (before !== sentBytes && sentBytes < 2 ** 26) {
      before = sentBytes;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(sentBytes).toBeLessThan(2 ** 22 + 2 ** 25);
    stop.abort();
    await isClosed;
  });

  test('ends with the abort, the cancel, or the end of the desk', async () => {
    const stop = new AbortController();
    const answer = await follow(`${origins[0]}/`, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(answer.arrayBuffer()).rejects.toThrow('enough');
    await isClosed;
    await (await follow(`${origins[0]}/`)).body!.cancel();
    await isClosed;
    await follow(`${origins[0]}/`);
    hangUp();
    await isClosed;
  });
});
