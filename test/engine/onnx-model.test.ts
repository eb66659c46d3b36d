import { expect, test } from 'vitest';
import { modelBytes } from '../../src/engine/onnx-model.js';
import { expectToFitWasm } from '../../src/engine/ort-web.js';

test('a model has the bytes of its graph and of the files beside it', () => {
  const externalData = [
    { path: 'a', data: new Uint8Array(5) },
    { path: 'b', data: new Blob([new Uint8Array(7)]) },
  ];
  expect(modelBytes({ graph: new Uint8Array(3), externalData })).toBe(15);
});

test('weights that WebAssembly cannot hold are refused before ONNX Runtime hangs on them', () => {
  expect(() => expectToFitWasm(1.3e9)).not.toThrow();
  expect(() => expectToFitWasm(2.2e9)).toThrow(/have 2.2 GB and need a GPU/);
});
