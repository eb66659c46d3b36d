/** Models by address: downloaded, gone on with after a break, added; then listed and removed. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addModel, type AddOptions } from '../../src/cli/model-add.js';
import { listModels, listShipped, modelLines, removeModel } from '../../src/cli/model-list.js';
import type { AddModelProgress } from '../../src/protocol/model-shelf-api.js';
import { FileServer } from '../shelf/fetch/file-server.js';

const fixture = fileURLToPath(new URL('../fixtures/adm-unet/nonsquare', import.meta.url));
const weights = readFileSync(path.join(fixture, 'checkpoint.pt'));

let out: string;
let server: FileServer;
let address: string;

beforeEach(async () => {
  out = mkdtempSync(path.join(tmpdir(), 'models-'));
  server = await FileServer.start();
  server.put('/some-net/config.json', readFileSync(path.join(fixture, 'config.json')));
  address = server.put('/some-net/checkpoint.pt', weights, { etag: '"1"' });
});
afterEach(async () => {
  await server.stop();
  rmSync(out, { recursive: true });
});

const options = (): AddOptions => ({ folder: out, words: {}, isTested: false });

/** Adds until so many bytes have come, then cancels as Ctrl+C does. */
async function addCancelledAt(bytes: number): Promise<unknown> {
  const stop = new AbortController();
  const onProgress = ({ stage, done }: AddModelProgress) => {
    if (stage === 'download' && done >= bytes) stop.abort();
  };
  const adding = addModel({ file: address }, { ...options(), signal: stop.signal, onProgress });
  return adding.catch((error: unknown) => error);
}

describe('a model by its address', () => {
  it('is downloaded with its config, added, and nothing else stays', async () => {
    const seen: AddModelProgress[] = [];
    const { model } = await addModel(
      { file: address },
      { ...options(), onProgress: (progress) => seen.push(progress) },
    );
    expect(seen).toContainEqual({
      stage: 'download',
      done: weights.length,
      total: weights.length,
    });
    const { card } = model.manifest;
    expect(card).toMatchObject({ id: 'some-net', name: 'some-net' });
    expect(card.checkpoint.sizeBytes).toBe(weights.length);
    expect(readdirSync(out)).toEqual(['added-some-net']);
  });

  it('goes on where it was cancelled, also in another run', async () => {
    expect(await addCancelledAt(1)).toMatchObject({ code: 'cancelled' });
    const [left] = await listModels(out);
    expect(left.name).toBe(`(unfinished download of ${address})`);
    expect(left.sizeBytes).toBeGreaterThan(0);
    const before = server.requests.length;
    await addModel({ file: address }, options());
    const ranges = server.requests.slice(before).map(({ range }) => range);
    expect(ranges).toContain(`bytes=${left.sizeBytes}-`);
    expect(readdirSync(out)).toEqual(['added-some-net']);
  });

  it('is called by its host where the rest of the address says nothing', async () => {
    server.put('/config.json', readFileSync(path.join(fixture, 'config.json')));
    const bare = server.put('/checkpoint.pt', weights);
    const { model } = await addModel({ file: bare }, options());
    expect(model.manifest.card).toMatchObject({ id: '127-0-0-1', name: '127.0.0.1' });
  });

  it('is told from a file, which must be there', async () => {
    await expect(addModel({ file: 'checkpoint.pt' }, options())).rejects.toMatchObject({
      name: 'UsageError',
      message: 'There is no file or folder checkpoint.pt; check the name.',
    });
  });
});

describe('models that are there', () => {
  it('are listed with name, size and licence, downloads too, and removed', async () => {
    const file = path.join(fixture, 'checkpoint.pt');
    const words = { name: 'Mine', licence: 'MIT' };
    await addModel({ file }, { ...options(), id: 'mine', words });
    await addCancelledAt(1);
    const lines = modelLines(await listModels(out));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^mine +Mine +1\.5 MB +MIT$/);
    expect(lines[1]).toMatch(/^download-http-127.* \(unfinished download of http.*\) +\d\.\d MB$/);
    for (const { id } of await listModels(out)) await removeModel(out, id);
    expect(readdirSync(out)).toEqual([]);
  });

  it('move no cursor with the names that others gave them', async () => {
    const file = path.join(fixture, 'checkpoint.pt');
    const words = { name: '\u001b[31mred\u001b[2J', licence: 'MIT' };
    await addModel({ file }, { ...options(), id: 'mine', words });
    const [line] = modelLines(await listModels(out));
    expect(line).toMatch(/^mine +\ufffd\[31mred\ufffd\[2J +1\.5 MB +MIT$/);
    await expect(removeModel(out, '\u001b[2J')).rejects.toThrow('no model \ufffd[2J;');
  });

  it('begin with the one that ships', async () => {
    expect(modelLines(await listShipped())).toEqual([
      expect.stringMatching(/^garden-64 +Garden 64 +26\.3 MB/),
    ]);
  });

  it('are none in a folder that is not there, and looking does not make it', async () => {
    expect(await listModels(path.join(out, 'typo'))).toEqual([]);
    expect(readdirSync(out)).toEqual([]);
  });

  it('are not removed when they ship, nor when they are not there', async () => {
    await expect(removeModel(out, 'garden-64')).rejects.toThrow(/ships/);
    await expect(removeModel(out, '..')).rejects.toThrow(/no model \.\./);
  });
});
