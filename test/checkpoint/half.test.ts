/**
 * Models rewritten for float16. Oracle: the same model in float32; ONNX Runtime's CPU kernels
 * round to half precision after each node, as a GPU does.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { halfPrecision } from '../../src/checkpoint/onnx/half.js';
import { encodeModel, type NodeProto, type TensorProto } from '../../src/checkpoint/onnx/proto.js';
import { readModel } from '../../src/checkpoint/onnx/read-model.js';
import { tinyUNet } from '../../src/checkpoint/tiny-unet.js';
import { shippedFolder } from '../../src/cli/model-build.js';
import { sessionOptions } from '../../src/engine/session-options.js';

/** A half has 11 bits: each node rounds by 5e-4 at most, and errors of many nodes average out. */
const allowedRms = 2e-3;

function noise(size: number): Float32Array {
  let state = 1;
  const next = () => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff;
  return Float32Array.from(
    { length: size },
    () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
  );
}

async function answer(onnx: Uint8Array, size: number, timestep: number, hasClass: boolean) {
  const session = await InferenceSession.create(onnx, {
    logSeverityLevel: 3,
    ...sessionOptions(1),
  });
  const { out } = await session.run({
    sample: new Tensor('float32', noise(3 * size * size), [1, 3, size, size]),
    timestep: new Tensor('float32', Float32Array.of(timestep), [1]),
    ...(hasClass && { class_label: new Tensor('int32', Int32Array.of(1), [1]) }),
  });
  await session.release();
  return out.data as Float32Array;
}

function relativeRms(got: Float32Array, expected: Float32Array): number {
  const power = (of: (i: number) => number) =>
    expected.reduce((sum, _, i) => sum + of(i) ** 2, 0) / expected.length;
  return Math.sqrt(power((i) => got[i] - expected[i]) / power((i) => expected[i]));
}

function toHalf(onnx: Uint8Array): Uint8Array {
  const model = halfPrecision(readModel(onnx));
  return encodeModel(model.graph, model);
}

describe.each([
  ['plain', {}],
  [
    'with attention, classes and unshuffled pixels',
    { hasAttention: true, classes: 3, pixelUnshuffle: 2 },
  ],
] as const)('a tiny network %s', (_, options) => {
  test.each([1, 500, 999])('says the same in float16 at timestep %i', async (timestep) => {
    const onnx = await tinyUNet(5, options);
    const hasClass = 'classes' in options;
    const expected = await answer(onnx, 16, timestep, hasClass);
    const got = await answer(toHalf(onnx), 16, timestep, hasClass);
    const error = relativeRms(got, expected);
    expect(error).toBeLessThan(allowedRms);
    // Not the same numbers: it did compute in another precision.
    expect(error).toBeGreaterThan(1e-6);
  });
});

async function shippedOnnx(): Promise<Uint8Array> {
  return new Uint8Array(readFileSync(path.join(await shippedFolder('garden-64'), 'model.onnx')));
}

describe('the shipped model', () => {
  test.each([5, 990])('says the same in float16 at timestep %i', async (timestep) => {
    const onnx = await shippedOnnx();
    const expected = await answer(onnx, 64, timestep, true);
    expect(relativeRms(await answer(toHalf(onnx), 64, timestep, true), expected)).toBeLessThan(
      allowedRms,
    );
  });

  test('its weights, stored as halves, are taken as they are', async () => {
    const model = readModel(await shippedOnnx());
    const half = halfPrecision(model);
    const name = 'conv_in.weight.half';
    const find = (of: typeof model) => of.graph.initializers.find((weight) => weight.name === name);
    expect(find(half)).toEqual(find(model));
    expect(half.graph.nodes.find(({ outputs }) => outputs.includes('conv_in.weight'))).toBe(
      undefined,
    );
    const bytes = (of: typeof model) => encodeModel(of.graph, of).byteLength;
    expect(bytes(half)).toBeLessThan(1.01 * bytes(model));
  });
});

test('halves that another exporter names and widens say the same', async () => {
  const onnx = await shippedOnnx();
  const { graph, ...rest } = readModel(onnx);
  const named = (name: string) => (name === 'conv_in.weight.half' ? 'stored' : name);
  const initializers = graph.initializers.map((one) => ({ ...one, name: named(one.name) }));
  const nodes = graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(named) }));
  const foreign = encodeModel({ ...graph, initializers, nodes }, rest);
  const expected = await answer(onnx, 64, 500, true);
  expect(relativeRms(await answer(toHalf(foreign), 64, 500, true), expected)).toBeLessThan(
    allowedRms,
  );
});

/** As PyTorch's older exporter writes what is no parameter; here all of it, in every form. */
function constantOf({ name, ...tensor }: TensorProto): NodeProto {
  const raw = 'raw' in tensor.data ? tensor.data.raw.slice().buffer : new ArrayBuffer();
  const ints = () => [...new BigInt64Array(raw)].map(Number);
  const attributes: NodeProto['attributes'] =
    tensor.type === 'int64' && tensor.dims.length === 1
      ? { value_ints: { ints: ints() } }
      : tensor.type === 'int64' && tensor.dims.length === 0
        ? { value_int: { int: ints()[0] } }
        : tensor.type === 'float32' && tensor.dims.length === 0
          ? { value_float: { float: new Float32Array(raw)[0] } }
          : { value: { tensor: { name: '', ...tensor } } };
  return { name: `constant ${name}`, opType: 'Constant', inputs: [], outputs: [name], attributes };
}

test('what another exporter keeps in Constant nodes is taken for weights', async () => {
  const onnx = await tinyUNet(5, { hasAttention: true });
  const { graph, ...rest } = readModel(onnx);
  const constants = graph.initializers.map(constantOf);
  const forms = new Set(constants.flatMap(({ attributes }) => Object.keys(attributes)));
  expect(forms.size).toBeGreaterThan(2);
  const nodes = [...constants, ...graph.nodes];
  const foreign = encodeModel({ ...graph, nodes, initializers: [] }, rest);
  const expected = await answer(onnx, 16, 500, false);
  expect(await answer(foreign, 16, 500, false)).toEqual(expected);
  expect(await answer(toHalf(foreign), 16, 500, false)).toEqual(
    await answer(toHalf(onnx), 16, 500, false),
  );
});

test('weights in files beside the model are cast as it is loaded', async () => {
  const model = readModel(await tinyUNet(5));
  const initializers = model.graph.initializers.map((weight) =>
    weight.name === 'conv_in.weight'
      ? { ...weight, data: { location: 'weights-0.bin', offset: 0, length: 864 } }
      : weight,
  );
  const { graph } = halfPrecision({ ...model, graph: { ...model.graph, initializers } });
  const cast = graph.nodes.find(({ outputs }) => outputs[0] === 'conv_in.weight.half');
  expect(cast).toMatchObject({ opType: 'Cast', inputs: ['conv_in.weight'] });
});

test('an operator that may need float32 is refused by name', async () => {
  const model = readModel(await tinyUNet(5));
  const nodes = model.graph.nodes.map((node) =>
    node.opType === 'Sigmoid' ? { ...node, opType: 'CumSum' } : node,
  );
  expect(() => halfPrecision({ ...model, graph: { ...model.graph, nodes } })).toThrow(
    'The operator CumSum is not known in half precision.',
  );
});
