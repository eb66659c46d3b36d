/** Models in folders, whole, half-written and spoilt. Oracles: the bytes and entries put in. */
import { RepaintError } from '../../../src/protocol/failure.js';
import { randomStream } from '../../../src/lab/masks/random.js';
import { mutationCount } from '../../checkpoint/mutations.js';
import { existsSync, readdirSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { writeFile } from '../../../src/shelf/store/file-store.js';
import { ModelLibrary, type LibraryEntry } from '../../../src/shelf/store/library.js';
import { MemoryFileStore } from '../../../src/shelf/store/memory-files.js';
import { modelManifestSchema, shippedIds } from '../../../src/protocol/model-card.js';
import { cardOf, fileOf } from './tiny-manifest.js';

test('the models that ship are the folders of models/ with a card', () => {
  const folder = new URL('../../../models/', import.meta.url);
  const ids = readdirSync(folder).filter((id) => existsSync(new URL(`${id}/card.json`, folder)));
  expect(ids).toEqual([...shippedIds].sort());
});

const content: Readonly<Record<string, Uint8Array>> = {
  'model.onnx': Uint8Array.from({ length: 3000 }, (_, i) => i % 251),
  'weights-0.bin': new Uint8Array(2000).fill(1),
  'classifier.onnx': new Uint8Array(500).fill(2),
  'classifier-0.bin': new Uint8Array(700).fill(3),
};
const file = (path: string) => fileOf(path, content[path]);

function entryOf(id: string): LibraryEntry {
  const manifest = modelManifestSchema.parse({
    card: cardOf(id),
    onnx: file('model.onnx'),
    externalData: [file('weights-0.bin')],
    classifier: { onnx: file('classifier.onnx'), externalData: [file('classifier-0.bin')] },
  });
  const speed = {
    msPerCall: 12.5,
    device: { backend: 'wasm', adapter: '', precision: 'float32' },
  } as const;
  return { manifest, addedAt: '2026-01-02T03:04:05.000Z', speed };
}

let store: MemoryFileStore;
let library: ModelLibrary;

beforeEach(() => {
  store = new MemoryFileStore();
  library = new ModelLibrary(store, 'added-');
});

async function add(id: string): Promise<LibraryEntry> {
  const entry = entryOf(id);
  await library.begin(id);
  for (const [path, bytes] of Object.entries(content)) {
    await library.write(id, path, bytes.subarray(0, 400));
    await library.write(id, path, bytes.subarray(400), 400);
  }
  await library.commit(entry);
  return entry;
}

const text = (value: string) => new TextEncoder().encode(value);
const bytesOf = async (data: Uint8Array | Blob | undefined) =>
  data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : data;

test('a model written in pieces is listed and opened as it was written', async () => {
  const entry = await add('one');
  expect(await library.list()).toEqual([entry]);
  const { manifest, onnx, classifier, storage } = await library.open('one');
  expect(manifest).toEqual(entry.manifest);
  expect(storage).toBe('memory');
  expect(onnx.graph).toEqual(content['model.onnx']);
  expect(onnx.externalData.map(({ path }) => path)).toEqual(['weights-0.bin']);
  expect(await bytesOf(onnx.externalData[0]?.data)).toEqual(content['weights-0.bin']);
  expect(classifier?.graph).toEqual(content['classifier.onnx']);
  expect(await bytesOf(classifier?.externalData[0]?.data)).toEqual(content['classifier-0.bin']);
});

test('weights beside the graph are not read into memory', async () => {
  await add('one');
  const { onnx } = await library.open('one');
  expect(onnx.externalData[0]?.data).toBeInstanceOf(Blob);
});

test('models come in the order of their ids, until they are removed', async () => {
  await add('two');
  await add('one');
  const ids = async () => (await library.list()).map(({ manifest }) => manifest.card.id);
  expect(await ids()).toEqual(['one', 'two']);
  await library.remove('one');
  expect(await ids()).toEqual(['two']);
  await expect(library.open('one')).rejects.toMatchObject({
    code: 'modelUnknown',
    message: expect.stringContaining('"one"') as string,
  });
});

test('a model begun again holds nothing of the one before', async () => {
  await add('one');
  await library.begin('one');
  expect(await library.list()).toEqual([]);
  expect(await store.files('added-one')).toEqual([]);
});

test('a piece that would leave a gap is refused', async () => {
  await library.write('one', 'model.onnx', new Uint8Array(10));
  await expect(library.write('one', 'model.onnx', new Uint8Array(10), 11)).rejects.toThrow(
    /has 10 bytes; 11 is beyond/,
  );
});

test('a model of which a file is missing or cut does not become whole', async () => {
  const entry = entryOf('one');
  for (const [path, bytes] of Object.entries(content)) {
    if (path !== 'classifier-0.bin') await library.write('one', path, bytes);
  }
  await expect(library.commit(entry)).rejects.toMatchObject({
    code: 'modelHash',
    message: expect.stringContaining('classifier-0.bin of the model "one" has no bytes') as string,
  });
  expect(await library.list()).toEqual([]);
});

describe('what went wrong since it was written', () => {
  test.each(['model.onnx', 'weights-0.bin', 'classifier.onnx', 'classifier-0.bin'])(
    'a cut %s is told with what to do',
    async (path) => {
      await add('one');
      await writeFile(store, 'added-one', path, new Uint8Array(7));
      await expect(library.open('one')).rejects.toMatchObject({
        code: 'modelHash',
        message: expect.stringMatching(
          new RegExp(`${path}.* has 7 bytes, ${content[path].length} are.*add it again`),
        ) as string,
      });
    },
  );

  test.each(['model.onnx', 'weights-0.bin', 'classifier.onnx', 'classifier-0.bin'])(
    'a changed %s is found by its hash',
    async (path) => {
      await add('one');
      await writeFile(store, 'added-one', path, new Uint8Array(content[path].length));
      await expect(library.open('one')).rejects.toMatchObject({ code: 'modelHash' });
    },
  );

  test('one bit changed in any of its files is noticed', async () => {
    const entry = await add('one');
    const random = randomStream(14, 'damage');
    const names = [...Object.keys(content), 'model.json'];
    for (let round = 0; round < mutationCount; round++) {
      const name = names[round % names.length];
      const whole = new Uint8Array(await (await store.read('added-one', name))!.arrayBuffer());
      const bytes = whole.slice();
      bytes[random.below(bytes.length)] ^= 1 << random.below(8);
      await writeFile(store, 'added-one', name, bytes);
      const opened = await library.open('one').catch((error: unknown) => error);
      // 1e-7 and 1E-7 are one number.
      if (opened instanceof Error) expect(opened).toBeInstanceOf(RepaintError);
      else expect([name, await library.find('one')]).toEqual(['model.json', entry]);
      await writeFile(store, 'added-one', name, whole);
    }
    await expect(library.open('one')).resolves.toBeDefined();
  });

  test('a speed in words, as it was once kept, is forgotten; the model stays', async () => {
    const entry = { ...entryOf('one'), speed: { msPerCall: 5, device: 'a card' } };
    await add('one');
    await writeFile(store, 'added-one', 'model.json', text(JSON.stringify(entry)));
    expect(await library.find('one')).toEqual({ ...entry, speed: null });
  });

  test.each([
    ['of another version', '{"manifest":{}}'],
    ['of another model', JSON.stringify(entryOf('other'))],
    ['that is no object', '{}'],
    ['that is no JSON', '{"manifest":{\0}}'],
  ])('an entry %s is left out, reported and removable', async (_, json) => {
    await add('good');
    await add('bad');
    await writeFile(store, 'added-bad', 'model.json', text(json));
    await library.sweep();
    expect((await library.list()).map(({ manifest }) => manifest.card.id)).toEqual(['good']);
    expect(await library.damaged()).toEqual(['bad']);
    await expect(library.open('bad')).rejects.toMatchObject({ code: 'modelUnknown' });
    await library.remove('bad');
    expect(await library.damaged()).toEqual([]);
  });
});

describe('a sweep', () => {
  test.each([
    ['no entry', null],
    ['an empty entry', ''],
    ['half an entry', '{"manifest":{"card":'],
  ])('takes a model with %s: its worker was killed', async (_, json) => {
    await library.write('half', 'model.onnx', new Uint8Array(10));
    if (json !== null) await writeFile(store, 'added-half', 'model.json', text(json));
    await library.sweep();
    expect(await store.folders()).toEqual([]);
  });

  test('leaves whole models, downloads, and the files of shipped models', async () => {
    await add('one');
    await writeFile(store, 'download-x', 'part', new Uint8Array(10));
    await writeFile(store, 'shipped-y', 'model.onnx', new Uint8Array(10));
    await library.sweep();
    expect([...(await store.folders())].sort()).toEqual(['added-one', 'download-x', 'shipped-y']);
    expect(await library.list()).toHaveLength(1);
  });
});
