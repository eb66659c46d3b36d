/** Reading ONNX back. Oracles: the writer's own bytes, and ONNX Runtime on what was rewritten. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { encodeModel, type TensorProto } from '../../src/checkpoint/onnx/proto.js';
import { readModel } from '../../src/checkpoint/onnx/read-model.js';
import { tinyUNet } from '../../src/checkpoint/tiny-unet.js';
import { sessionOptions } from '../../src/engine/session-options.js';

const options = { hasAttention: true, classes: 3, pixelUnshuffle: 2 };

test('reading a model and writing it again gives the same bytes', async () => {
  const bytes = await tinyUNet(3, options);
  const model = readModel(bytes);
  expect(encodeModel(model.graph, model)).toEqual(bytes);
  expect(model.opsets).toEqual([{ domain: '', version: 17 }]);
  expect(model.graph.inputs.map(({ name, type, dims }) => [name, type, dims])).toEqual([
    ['sample', 'float32', ['N', 3, 'H', 'W']],
    ['timestep', 'float32', ['N']],
    ['class_label', 'int32', ['N']],
  ]);
});

/** The bytes of the one weight of a model. `tensor`: of TensorProto. */
function weightOf(tensor: readonly number[]): ArrayBufferLike {
  const node = [10, 1, 0x77, 18, 1, 0x79, 34, 4, ...Buffer.from('Relu')];
  const graph = [10, node.length, ...node, 42, tensor.length, ...tensor];
  const model = readModel(Uint8Array.from([8, 8, 58, graph.length, ...graph, 66, 2, 16, 17]));
  const [{ data }] = model.graph.initializers as [TensorProto];
  return 'raw' in data ? data.raw.slice().buffer : new ArrayBuffer();
}

/** Field 5 of TensorProto is repeated int32, 4 float, 7 int64: PyTorch's exporter never uses them. */
test('numbers written one by one are the same weights', () => {
  // TensorProto { dims: [2], data_type: FLOAT, float_data: [1.5, -2] (packed), name: 'w' }
  const tensor = [8, 2, 16, 1, 34, 8, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 66, 1, 0x77];
  expect([...new Float32Array(weightOf(tensor))]).toEqual([1.5, -2]);
});

test('the largest int64, which means "to the end" in a Slice, stays positive and large', () => {
  // TensorProto { dims: [1], data_type: INT64, int64_data: [2^63 - 1] (packed), name: 'w' }
  const tensor = [8, 1, 16, 7, 58, 9, ...Array<number>(8).fill(255), 127, 66, 1, 0x77];
  expect(new BigInt64Array(weightOf(tensor))[0]).toBeGreaterThan(2n ** 52n);
});

test('a cut, a shape that lies and a text are refused in one sentence', async () => {
  const bytes = await tinyUNet(3, options);
  expect(() => readModel(bytes.subarray(0, bytes.length - 100))).toThrow(/cut off|not an ONNX/);
  expect(() => readModel(new TextEncoder().encode('{"model": "no"}'))).toThrow(/not an ONNX/);
  const { graph } = readModel(bytes);
  const [first, ...rest] = graph.initializers;
  const lying = encodeModel({ ...graph, initializers: [{ ...first, dims: [9999] }, ...rest] });
  expect(() => readModel(lying)).toThrow(/its shape \[9999\] needs/);
});

test('a rewritten model still runs in ONNX Runtime and says the same', async () => {
  const bytes = await tinyUNet(3);
  const model = readModel(bytes);
  const feeds = {
    sample: new Tensor('float32', Float32Array.from({ length: 192 }, Math.sin), [1, 3, 8, 8]),
    timestep: new Tensor('float32', Float32Array.of(500), [1]),
  };
  const answers = [];
  for (const onnx of [bytes, encodeModel(model.graph, model)]) {
    const session = await InferenceSession.create(onnx, sessionOptions(1));
    answers.push((await session.run(feeds)).out.data);
  }
  expect(answers[1]).toEqual(answers[0]);
});
