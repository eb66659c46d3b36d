/**
 * A model from a repository, into the frame's own storage: broken off, cancelled, continued, and
 * still there when the panel is opened again. The hub is this test; everything else is real.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Route } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BenchPage } from './bench-page.js';

const folder = fileURLToPath(new URL('../../models/garden-64/', import.meta.url));
const weights = 'diffusion_pytorch_model.safetensors';
const slow = { timeout: 240_000 };
let bench: BenchPage;

const at = (testId: string) => bench.panel.getByTestId(testId);

/** The hub's answers, as a page of another origin gets them. */
class FakeHub {
  /** Open-ended ranges asked of the weights: those of the download. */
  readonly asked: (string | null)[] = [];
  /** Leaves requests for the rest of the file without an answer. */
  isSilent = true;
  private _files = new Map<string, Buffer>();

  async load(): Promise<void> {
    const read = (name: string) => readFile(`${folder}${name}`);
    this._files.set(weights, await read('diffusion_pytorch_model.fp16.safetensors'));
    for (const name of ['config.json', 'scheduler_config.json']) {
      this._files.set(name, await read(name));
    }
  }

  get sizeBytes(): number {
    return this._files.get(weights)!.byteLength;
  }

  async answer(route: Route): Promise<void> {
    const { pathname } = new URL(route.request().url());
    if (pathname.startsWith('/api/')) return this._describe(route, pathname);
    const name = pathname.split('/').at(-1)!;
    const bytes = this._files.get(name);
    if (!bytes) return route.fulfill({ status: 404, headers: cors });
    const range = route.request().headers()['range'] ?? null;
    const [, start, end] = /bytes=(\d+)-(\d*)/.exec(range ?? '') ?? [];
    if (name === weights && !end) return this._download(route, bytes, range);
    const part = start === undefined ? bytes : bytes.subarray(Number(start), Number(end) + 1);
    return route.fulfill({ status: start === undefined ? 200 : 206, body: part, headers: cors });
  }

  /** The first time, half of it and then nothing: the connection broke. */
  private async _download(route: Route, bytes: Buffer, range: string | null): Promise<void> {
    this.asked.push(range);
    const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    const headers = { ...cors, 'content-length': String(bytes.byteLength - from) };
    const status = range === null ? 200 : 206;
    if (from === 0) {
      const half = bytes.subarray(0, bytes.byteLength >> 1);
      return route.fulfill({ status, body: half, headers });
    }
    if (!this.isSilent) return route.fulfill({ status, body: bytes.subarray(from), headers });
  }

  private _describe(route: Route, path: string): Promise<void> {
    const tree = [...this._files].map(([name, { byteLength: size }]) => {
      return { type: 'file', path: name, size, oid: 'b'.repeat(40) };
    });
    const info = { _id: '1', id: 'me/garden', tags: ['license:apache-2.0'], lastModified: 0 };
    return route.fulfill({ json: path.includes('/tree/') ? tree : info, headers: cors });
  }
}

const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };
const hub = new FakeHub();

beforeAll(async () => {
  await hub.load();
  bench = await BenchPage.open({ allowsStorage: true });
  await bench.page.context().route('https://huggingface.co/**', (route) => hub.answer(route));
});

afterAll(async () => {
  await bench.close();
});

async function lookAndFill(): Promise<void> {
  await at('model-form').waitFor(slow);
  for (const key of ['trainingData', 'bias']) {
    await at(`words-${key}`).locator('textarea').first().fill('Flowers.');
  }
}

it('looks at a repository without downloading it', slow, async () => {
  await at('manage-models').click();
  await expect.poll(() => at('storage').innerText()).toContain('free');
  await at('address').locator('input').fill('me/garden');
  await at('look').click();
  await lookAndFill();
  expect(await at('transfer').innerText()).toContain('26 MB');
  expect(await at('words-licence').locator('input').inputValue()).toBe('apache-2.0');
  expect(hub.asked).toEqual([]);
});

it('takes up a broken connection where it broke, and can be cancelled', slow, async () => {
  await at('add-model').click();
  await expect.poll(() => hub.asked.length, slow).toBe(2);
  expect(hub.asked[1]).toBe(`bytes=${hub.sizeBytes >> 1}-`);
  await bench.screenshot('14-downloading');
  await at('cancel-adding').click();
  await at('discard-model').waitFor(slow);
  await at('discard-model').click();
  await expect.poll(() => at('unfinished').last().innerText(), slow).toContain('13 MB of 26 MB');
  await bench.screenshot('15-unfinished');
});

it('goes on with what came, converts and tests it', slow, async () => {
  hub.isSilent = false;
  await at('continue-download').click();
  await lookAndFill();
  await at('words-name').locator('input').fill('Hub garden');
  await at('add-model').click();
  await expect.poll(() => at('added').innerText(), slow).toContain('Hub garden is ready.');
  expect(hub.asked.slice(2)).toEqual([`bytes=${hub.sizeBytes >> 1}-`]);
  await at('use-added').click();
});

it('is still there, and in use, when the panel is opened again', slow, async () => {
  await bench.page.reload();
  await expect.poll(() => at('model-name').innerText(), slow).toBe('Hub garden');
  await at('manage-models').click();
  await expect.poll(() => at('model').count(), slow).toBe(2);
  expect(await at('unfinished').count()).toBe(0);
  await bench.screenshot('16-kept');
});

it('has thrown nothing on the way', () => {
  expect(bench.problems).toEqual([]);
});
