import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sha256Hex } from '../../../src/protocol/sha256.js';
import { loadModel } from '../../../src/shelf/store/load-model.js';
import { writeFile, type FileStore } from '../../../src/shelf/store/file-store.js';
import { MemoryFileStore } from '../../../src/shelf/store/memory-files.js';
import { RepaintError } from '../../../src/protocol/failure.js';
import type { ModelManifest } from '../../../src/protocol/model-card.js';
import { FileServer } from '../fetch/file-server.js';
import { cardOf, fileOf } from './tiny-manifest.js';

const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 31) % 251);
const file = fileOf('model.onnx', bytes);
const { sha256 } = file;
const card = cardOf('tiny');
let server: FileServer;
let manifestUrl: string;

beforeEach(async () => {
  server = await FileServer.start();
  manifestUrl = putManifest({ card, onnx: file });
  server.put('/tiny/model.onnx', bytes);
});

afterEach(() => server.stop());

function putManifest(manifest: object): string {
  return server.put('/tiny/model.json', JSON.stringify(manifest));
}

const requests = () => server.requests.map(({ path }) => path);
const silent = (): void => undefined;

test('the SHA-256 of "abc" is the one of FIPS 180-2', async () => {
  expect(await sha256Hex(new TextEncoder().encode('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('a model is fetched with progress up to its whole size', async () => {
  const seen: (readonly [number, number])[] = [];
  const model = await loadModel({ kind: 'shipped', manifestUrl }, new MemoryFileStore(), (...at) =>
    seen.push(at),
  );
  expect(model.onnx.graph).toEqual(bytes);
  expect(model.manifest.card.id).toBe('tiny');
  expect(seen[0]).toEqual([0, bytes.length]);
  expect(seen.at(-1)).toEqual([bytes.length, bytes.length]);
});

test('the second time only the manifest is fetched', async () => {
  const store = new MemoryFileStore();
  await loadModel({ kind: 'shipped', manifestUrl }, store, silent);
  const again = await loadModel({ kind: 'shipped', manifestUrl }, store, silent);
  expect(again.onnx.graph).toEqual(bytes);
  expect(requests()).toEqual(['/tiny/model.json', '/tiny/model.onnx', '/tiny/model.json']);
});

describe('a shipped model held to its build', () => {
  const load = (store: FileStore) => loadModel({ kind: 'shipped', manifestUrl }, store, silent);
  const built = [card.checkpoint.sha256, sha256];
  afterEach(() => vi.unstubAllGlobals());

  test('is loaded when card and files are those it was built with', async () => {
    vi.stubGlobal('__SHIPPED_HASHES__', { tiny: built });
    expect((await load(new MemoryFileStore())).onnx.graph).toEqual(bytes);
  });

  test.each([
    ['weights', { tiny: [card.checkpoint.sha256, '0'.repeat(64)] }],
    ['a checkpoint', { tiny: ['0'.repeat(64), sha256] }],
    ['a name', { another: built }],
  ])('is refused in a sentence with %s of another, new or kept', async (_, hashes) => {
    const store = new MemoryFileStore();
    await load(store);
    vi.stubGlobal('__SHIPPED_HASHES__', hashes);
    for (const kept of [store, new MemoryFileStore()]) {
      await expect(load(kept)).rejects.toMatchObject({
        code: 'modelHash',
        message: expect.stringMatching(
          /^The weights of the model "tiny" are not those .* built with .*install it again\.$/,
        ) as string,
      });
    }
  });
});

test.each([
  ['cut', 10],
  ['changed', bytes.length],
])('a kept file that was %s is fetched again', async (_, length) => {
  const store = new MemoryFileStore();
  await loadModel({ kind: 'shipped', manifestUrl }, store, silent);
  await writeFile(store, 'shipped-tiny', 'model.onnx', new Uint8Array(length));
  const { onnx } = await loadModel({ kind: 'shipped', manifestUrl }, store, silent);
  expect(onnx.graph).toEqual(bytes);
});

test('a model that was kept is there without the network, and no other in its place', async () => {
  const store = new MemoryFileStore();
  await loadModel({ kind: 'shipped', manifestUrl }, store, silent);
  const second = server.put(
    '/second/model.json',
    JSON.stringify({ card: cardOf('second'), onnx: file }),
  );
  server.put('/second/model.onnx', bytes);
  await loadModel({ kind: 'shipped', manifestUrl: second }, store, silent);
  server.files.clear();
  const first = await loadModel({ kind: 'shipped', manifestUrl }, store, silent);
  expect(first.onnx.graph).toEqual(bytes);
  expect(first.manifest.card.id).toBe('tiny');
  const again = await loadModel({ kind: 'shipped', manifestUrl: second }, store, silent);
  expect(again.manifest.card.id).toBe('second');
});

test('a new version of the shipped model replaces the old one', async () => {
  const store = new MemoryFileStore();
  await loadModel({ kind: 'shipped', manifestUrl }, store, silent);
  const newer = bytes.map((byte) => byte ^ 1);
  const newFile = { ...file, path: 'model-2.onnx', sha256: await sha256Hex(newer) };
  putManifest({ card, onnx: newFile });
  server.put('/tiny/model-2.onnx', newer);
  const { onnx } = await loadModel({ kind: 'shipped', manifestUrl }, store, silent);
  expect(onnx.graph).toEqual(newer);
  expect((await store.files('shipped-tiny')).map(({ name }) => name).sort()).toEqual([
    'model-2.onnx',
    'model.json',
  ]);
});

test('what an earlier visit left of the file is not fetched twice', async () => {
  const store = new MemoryFileStore();
  await writeFile(store, 'shipped-tiny', 'model.onnx', bytes);
  const { onnx } = await loadModel({ kind: 'shipped', manifestUrl }, store, silent);
  expect(onnx.graph).toEqual(bytes);
  expect(requests()).toEqual(['/tiny/model.json']);
});

test('weights in files beside the graph come as blobs', async () => {
  const weights = { ...file, path: 'weights-0.bin' };
  server.put('/tiny/weights-0.bin', bytes);
  putManifest({ card, onnx: file, externalData: [weights] });
  const { onnx } = await loadModel({ kind: 'shipped', manifestUrl }, new MemoryFileStore(), silent);
  const [data] = onnx.externalData;
  expect(data?.path).toBe('weights-0.bin');
  expect(new Uint8Array(await (data.data as Blob).arrayBuffer())).toEqual(bytes);
});

test('a model that is not on the shelf is unknown', async () => {
  const source = { kind: 'stored', id: 'gone' } as const;
  await expect(loadModel(source, new MemoryFileStore(), silent)).rejects.toMatchObject({
    code: 'modelUnknown',
  });
});

test('a part that an earlier visit left of a shipped file is gone on with', async () => {
  const store = new MemoryFileStore();
  await writeFile(store, 'shipped-tiny', 'model.onnx', bytes.subarray(0, 4000));
  const { onnx } = await loadModel({ kind: 'shipped', manifestUrl }, store, silent);
  expect(onnx.graph).toEqual(bytes);
  expect(server.requests.at(-1)).toEqual({ path: '/tiny/model.onnx', range: 'bytes=4000-' });
});

test.each(['storageFull', 'internal'] as const)(
  'storage that fails (%s) is no reason not to fill',
  async (code) => {
    const refusing: FileStore = {
      kind: 'opfs',
      folders: async () => [],
      files: async () => [],
      read: async () => null,
      open: () => Promise.reject(new RepaintError(code, 'No room.')),
      remove: async () => undefined,
      usage: async () => null,
    };
    const { onnx, storage } = await loadModel({ kind: 'shipped', manifestUrl }, refusing, silent);
    expect(onnx.graph).toEqual(bytes);
    expect(storage).toBe('memory');
  },
);

describe('a model of this visit only', () => {
  const weights = fileOf('weights-0.bin', Uint8Array.of(1, 2, 3));
  const classifier = fileOf('classifier.onnx', Uint8Array.of(4, 5));
  const manifest: ModelManifest = {
    card,
    onnx: file,
    externalData: [weights],
    classifier: { onnx: classifier, externalData: [] },
  };
  const files = [
    { path: 'model.onnx', data: new Blob([bytes]) },
    { path: 'weights-0.bin', data: new Blob([Uint8Array.of(1, 2, 3)]) },
    { path: 'classifier.onnx', data: new Blob([Uint8Array.of(4, 5)]) },
  ];

  test('comes from the files that were handed over', async () => {
    const source = { kind: 'files', manifest, files } as const;
    const model = await loadModel(source, new MemoryFileStore(), silent);
    expect(model.onnx.graph).toEqual(bytes);
    expect(model.onnx.externalData).toEqual([{ path: 'weights-0.bin', data: files[1]?.data }]);
    expect(model.classifier?.graph).toEqual(Uint8Array.of(4, 5));
    expect(model.storage).toBe('memory');
    expect(requests()).toEqual([]);
  });

  test.each(['model.onnx', 'weights-0.bin', 'classifier.onnx'])(
    'is refused without its %s',
    async (path) => {
      const rest = files.filter((one) => one.path !== path);
      const source = { kind: 'files', manifest, files: rest } as const;
      await expect(loadModel(source, new MemoryFileStore(), silent)).rejects.toMatchObject({
        code: 'modelHash',
        message: expect.stringContaining(path) as string,
      });
    },
  );
});

test('bytes that are not the manifest’s are refused as modelHash', async () => {
  const changed = bytes.map((byte) => byte ^ 1);
  server.put('/tiny/model.onnx', changed);
  await expect(
    loadModel({ kind: 'shipped', manifestUrl }, new MemoryFileStore(), silent),
  ).rejects.toMatchObject({
    code: 'modelHash',
    message: expect.stringContaining(sha256) as string,
  });
});

test.each([
  ['a missing manifest', '/tiny/model.json', undefined, /model\.json answered 404/],
  ['a missing model', '/tiny/model.onnx', undefined, /model\.onnx answered 404/],
  ['a manifest that is not JSON', '/tiny/model.json', '<html>', /is not JSON/],
  [
    'a manifest of another shape',
    '/tiny/model.json',
    '{"card":{}}',
    /not a model manifest: card\.id/,
  ],
  ['a model cut short', '/tiny/model.onnx', 'short', /has 5 bytes; expected 10000/],
])('%s fails as modelFetch and says what came', async (_name, path, answer, message) => {
  if (answer === undefined) server.files.delete(path);
  else server.put(path, answer);
  await expect(
    loadModel({ kind: 'shipped', manifestUrl }, new MemoryFileStore(), silent),
  ).rejects.toMatchObject({
    code: 'modelFetch',
    message: expect.stringMatching(message) as string,
  });
});
