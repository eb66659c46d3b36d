import { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyUNet } from '../../src/checkpoint/tiny-unet.js';
import { readSignature } from '../../src/engine/model-signature.js';
import { OrtNetwork, scalarTensor } from '../../src/engine/ort-network.js';
import { sessionOptions } from '../../src/engine/session-options.js';

const shape = [2, 3, 8, 8] as const;
const xt = Float32Array.from({ length: 2 * 3 * 8 * 8 }, (_, i) => Math.sin(i));
const call = { xt, shape, timestep: 300, classLabels: Int32Array.of(0, 2) };

let network: OrtNetwork;
beforeAll(async () => {
  network = new OrtNetwork(
    await InferenceSession.create(await tinyUNet(3, { classes: 4 }), sessionOptions(1)),
  );
});
afterAll(() => network.release());

test('each image is given its own class label', async () => {
  const both = (await network.predict(call)).slice();
  const swapped = await network.predict({ ...call, classLabels: Int32Array.of(2, 2) });
  const half = both.length / 2;
  expect(swapped.slice(half)).toEqual(both.slice(half));
  expect(swapped.slice(0, half)).not.toEqual(both.slice(0, half));
});

test('calls that overlap are made one after another and all answered', async () => {
  const expected = (await network.predict(call)).slice();
  const answers = await Promise.all([1, 2, 3].map(() => network.predict(call)));
  for (const answer of answers) expect(answer).toEqual(expected);
});

test('a network with classes refuses a call without labels', async () => {
  await expect(network.predict({ ...call, classLabels: null })).rejects.toMatchObject({
    code: 'badRequest',
    message: expect.stringContaining('class label') as string,
  });
});

test('a wrong number of channels is modelShape, with the runtime’s words', async () => {
  const gray = { ...call, xt: xt.slice(0, 128), shape: [2, 1, 8, 8] as const };
  await expect(network.predict(gray)).rejects.toMatchObject({
    code: 'modelShape',
    message: expect.stringContaining('sample') as string,
  });
});

type Inputs = InferenceSession['inputMetadata'];
const sample = {
  name: 'sample',
  isTensor: true,
  type: 'float32',
  shape: ['N', 3, 'H', 'W'],
} as const;

test('a model without the contract’s inputs is refused, and its own are listed', () => {
  const inputMetadata: Inputs = [
    { name: 'x', isTensor: true, type: 'float32', shape: [1, 3, 8, 8] },
  ];
  expect(() => readSignature({ inputMetadata, outputNames: ['y'] })).toThrow(/its inputs are: x\./);
  expect(() => readSignature({ inputMetadata: [sample], outputNames: ['y'] })).toThrow(
    /no input 'timestep'/,
  );
});

test.each([
  ['float32', 12.5],
  ['int32', 12],
  ['int64', 12n],
] as const)('a scalar timestep of type %s is fed as that type', (type, value) => {
  const timestep = { name: 'timestep', isTensor: true, type, shape: [] } as const;
  const inputMetadata: Inputs = [sample, timestep];
  const signature = readSignature({ inputMetadata, outputNames: ['y'] });
  const tensor = scalarTensor(signature.timestep, [Number(value), Number(value)]);
  expect(tensor.dims).toEqual([]);
  expect(Array.from(tensor.data as ArrayLike<number | bigint>)).toEqual([value]);
});
