/** The workbench's server: its own name only, its own folders only, and never down. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorkbench, type RunningWorkbench } from '../../src/workbench/server/serve.js';

let folder: string;
let workbench: RunningWorkbench;
let ports: { page: number; addOn: number };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'repaint-server-'));
  const build = path.join(folder, 'build');
  await mkdir(build);
  await writeFile(path.join(folder, 'secret.txt'), 'a secret');
  await writeFile(path.join(build, 'index.html'), '<head></head>panel');
  await writeFile(path.join(build, 'manifest.json'), '{"name":"Test"}');
  workbench = await startWorkbench(0, [build]);
  const config = await get('/config.json', { port: Number(new URL(workbench.url).port) });
  const { addOns } = JSON.parse(config.text) as { addOns: { origin: string }[] };
  const portOf = (url: string) => Number(new URL(url).port);
  ports = { page: portOf(workbench.url), addOn: portOf(addOns[0].origin) };
});

afterAll(async () => {
  await workbench?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks with a path as it is: `fetch` would tidy it. */
function get(url: string, { port, host }: { port: number; host?: string }): Promise<Answer> {
  const headers = { host: host ?? `127.0.0.1:${port}` };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: url, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject).end();
  });
}

describe.each(['page', 'addOn'] as const)('the server of the %s', (name) => {
  it.each(['//', '///', '//?x', '/%', '/%00', '/%ff', '/\\\\x', '/?'])(
    'lives through %s as a path',
    async (url) => {
      const { status } = await get(url, { port: ports[name] });
      expect([200, 400, 404]).toContain(status);
      expect((await get('/nothing', { port: ports[name] })).status).toBe(404);
    },
  );

  it('answers to its own names only', async () => {
    const port = ports[name];
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1']) {
      const { status, text } = await get('/index.html', { port, host });
      expect([status, text]).toEqual([403, 'The workbench answers to localhost only.']);
    }
    expect((await get('/nothing', { port, host: `localhost:${port}` })).status).toBe(404);
  });

  it.each(['/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/..\\secret.txt'])(
    'hands out nothing of another folder: %s',
    async (url) => {
      const { status, text } = await get(url, { port: ports[name] });
      expect([status === 400 || status === 404, text.includes('a secret')]).toEqual([true, false]);
    },
  );

  it('listens on loopback only', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4');
    if (!outside) return;
    const error = await new Promise((resolve) =>
      connect(ports[name], outside.address)
        .on('error', resolve)
        .on('connect', () => resolve(null)),
    );
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

it('puts the import map into the panel of the build it was given', async () => {
  const { text } = await get('/', { port: ports.addOn });
  expect(text).toMatch(/^<head><script type="importmap">.*sdk\.js.*<\/script><\/head>panel$/);
});
