/** Models by address: downloaded, gone on with after a break, added; then listed and removed. */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addModel } from '../../src/cli/model-add.js';
import { downloadModel, forgetDownload, isRemote } from '../../src/cli/model-download.js';
import { listModels, modelLines, removeModel } from '../../src/cli/model-list.js';
import { modelFolder } from '../checkpoint/fixture-folders.js';

const fixture = fileURLToPath(new URL('../fixtures/adm-unet/nonsquare', import.meta.url));
const weights = readFileSync(path.join(fixture, 'checkpoint.pt'));
const half = Math.floor(weights.length / 2);

let out: string;
let server: Server;
let address: string;
/** Where each request for the weights began. */
let starts: number[];
let isBreaking: boolean;
/** What the server has under the weights' name. */
let served: Buffer;

beforeEach(async () => {
  out = mkdtempSync(path.join(tmpdir(), 'models-'));
  starts = [];
  isBreaking = false;
  served = weights;
  server = createServer((request, response) => {
    const name = path.basename(request.url ?? '');
    if (name === 'config.json') {
      response.end(readFileSync(path.join(fixture, name)));
      return;
    }
    if (name !== 'checkpoint.pt') {
      response.writeHead(404).end();
      return;
    }
    const etag = `"${served.length}"`;
    const isSameCopy = [undefined, etag].includes(request.headers['if-range']?.toString());
    const range = isSameCopy ? request.headers.range : undefined;
    const start = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': served.length - start,
      etag,
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    starts.push(start);
    if (!isBreaking) response.end(served.subarray(start));
    else if (start >= half) response.destroy();
    else response.write(served.subarray(start, half), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some-net/checkpoint.pt`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(out, { recursive: true });
});

const options = () => ({
  folder: out,
  signal: new AbortController().signal,
  onProgress: () => undefined,
  pausesMs: [1],
});

describe('a model by its address', () => {
  it('is downloaded with its config, added, and nothing else stays', async () => {
    const seen: [string, number, number | null][] = [];
    const downloaded = await downloadModel(address, {
      ...options(),
      onProgress: (...progress) => seen.push(progress),
    });
    expect(seen.at(-1)).toEqual(['checkpoint.pt', weights.length, weights.length]);
    const { file, hints } = downloaded;
    const { card } = await addModel({ file }, { folder: out, words: {}, hints, isTested: false });
    expect(card).toMatchObject({ id: 'some-net', name: 'some-net' });
    expect(card.checkpoint.sizeBytes).toBe(weights.length);
    await forgetDownload(downloaded);
    expect(readdirSync(out)).toEqual(['some-net']);
    const copied = readFileSync(path.join(out, 'some-net/checkpoint.pt'));
    expect(copied.equals(weights)).toBe(true);
  });

  it('goes on where it broke off, also in another run', async () => {
    isBreaking = true;
    await expect(downloadModel(address, options())).rejects.toMatchObject({ code: 'modelFetch' });
    const [left] = await listModels(out);
    expect(left!.sizeBytes).toBeGreaterThanOrEqual(half);
    isBreaking = false;
    starts.length = 0;
    const { file } = await downloadModel(address, options());
    expect(starts).toEqual([half]);
    expect(readFileSync(file).equals(weights)).toBe(true);
    starts.length = 0;
    await downloadModel(address, options());
    expect(starts).toEqual([]);
  });

  it('is what the server has now, not what an earlier run left', async () => {
    await downloadModel(address, options());
    served = Buffer.concat([weights, weights]);
    const { file } = await downloadModel(address, options());
    expect(readFileSync(file).equals(served)).toBe(true);
  });

  it('is called by its host where the rest of the address says nothing', async () => {
    const { file, hints } = await downloadModel(new URL('/checkpoint.pt', address).href, options());
    const { card } = await addModel({ file }, { folder: out, words: {}, hints, isTested: false });
    expect(card).toMatchObject({ id: '127-0-0-1', name: '127.0.0.1' });
  });

  it('is told from a file and from a repository', () => {
    expect(isRemote(address)).toBe(true);
    expect(isRemote('google/ddpm-cifar10-32')).toBe(true);
    expect(isRemote('google/ddpm-cifar10-32@main')).toBe(true);
    expect(isRemote(path.join(fixture, 'checkpoint.pt'))).toBe(false);
    expect(
      isRemote(path.relative(process.cwd(), path.join(modelFolder('garden-64'), 'card.json'))),
    ).toBe(false);
    expect(isRemote('checkpoint.pt')).toBe(false);
  });
});

describe('models that are there', () => {
  it('are listed with name, size and licence, downloads too, and removed', async () => {
    const file = path.join(fixture, 'checkpoint.pt');
    const words = { name: 'Mine', licence: 'MIT' };
    await addModel({ file }, { folder: out, id: 'mine', words, isTested: false });
    isBreaking = true;
    await downloadModel(address, options()).catch(() => undefined);
    // A repository of an .onnx has a card, which comes first.
    const [{ id: download }] = await listModels(out);
    cpSync(path.join(out, 'mine/card.json'), path.join(out, download, 'card.json'));
    const lines = modelLines(await listModels(out));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^http-127.*download +\(unfinished download\) +0\.7 MB$/);
    expect(lines[1]).toMatch(/^mine +Mine +1\.4 MB +MIT$/);
    for (const { id } of await listModels(out)) await removeModel(out, id);
    expect(readdirSync(out)).toEqual([]);
  });

  it('are none in a folder that is not there, and looking does not make it', async () => {
    expect(await listModels(path.join(out, 'typo'))).toEqual([]);
    expect(readdirSync(out)).toEqual([]);
  });

  it('are not removed when they ship, nor when they are not there', async () => {
    await expect(removeModel(path.dirname(modelFolder('garden-64')), 'garden-64')).rejects.toThrow(
      /ships/,
    );
    await expect(removeModel(out, '..')).rejects.toThrow(/no model \.\./);
  });
});
