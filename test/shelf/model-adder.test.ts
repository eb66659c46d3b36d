/** Adding a model, with ONNX Runtime left out. Oracle: what the store holds afterwards. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ModelLibrary } from '../../src/shelf/store/library.js';
import { MemoryFileStore } from '../../src/shelf/store/memory-files.js';
import { Downloads } from '../../src/shelf/fetch/downloads.js';
import { ModelAdder, type AddingMachine } from '../../src/shelf/model-adder.js';
import { createHasher } from '../../src/shelf/store/hasher.js';
import { FileServer } from './fetch/file-server.js';
import { shipped, shippedWeights } from './files.js';

let server: FileServer;
beforeAll(async () => {
  server = await FileServer.start();
  for (const name of [shippedWeights, 'config.json', 'scheduler_config.json']) {
    const { source } = shipped(name);
    server.put(`/${name}`, await source.read(0, source.sizeBytes));
  }
});
afterAll(() => server.stop());

test('a download that cannot be forgotten does not undo the model made of it', async () => {
  const store = new MemoryFileStore();
  const library = new ModelLibrary(store, 'added-');
  const downloads = new Downloads(store);
  vi.spyOn(downloads, 'forget').mockRejectedValue(new Error('somebody reads it'));
  const machine: AddingMachine = {
    createHasher,
    storageFor: () => 'asStored',
    expectToFit: () => undefined,
    tryOut: () => Promise.resolve(null),
    close: () => undefined,
  };
  const adder = new ModelAdder(library, downloads, async () => machine);
  const words = { name: 'N', licence: 'L', trainingData: 'T', bias: 'B' };
  const added = await adder.add({
    origin: { kind: 'url', url: `${server.origin}/${shippedWeights}` },
    options: { id: 'new', words, preset: null, isTested: false },
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  expect(await library.list()).toEqual([added]);
  expect(await downloads.list()).toHaveLength(1);
});
