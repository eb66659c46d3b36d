import { describe, expect, it } from 'vitest';
import { sourceFromBytes } from '../../src/checkpoint/byte-source.js';
import { CheckpointError } from '../../src/checkpoint/checkpoint.js';
import { openCheckpoint } from '../../src/checkpoint/format/open-checkpoint.js';
import {
  floats,
  pickle,
  tensor,
  torchStream,
  torchZip,
  zipOf,
  type TensorSpec,
} from './torch-files.js';

const { call, dict, global, int, list, none, text, tuple } = pickle;
const open = (file: Uint8Array) => openCheckpoint(sourceFromBytes(file));

async function valuesOf(file: Uint8Array, name = 'w'): Promise<number[]> {
  return [...(await (await open(file)).get(name)!.values())];
}

async function refusal(file: Uint8Array): Promise<string> {
  const error: unknown = await open(file).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CheckpointError);
  return (error as CheckpointError).message;
}

const six = floats(0, 1, 2, 3, 4, 5);
const matrix: TensorSpec = { elements: 6, shape: [2, 3], strides: [3, 1] };
const stateDict = (spec: TensorSpec) => dict(text('w'), tensor(spec));
/** An instance with attributes, as pickles hold it. */
const withState = (name: string, state: readonly number[]) => {
  const dot = name.lastIndexOf('.');
  return [...call(global(name.slice(0, dot), name.slice(dot + 1))), ...state, 0x62];
};
const zipWith = (spec: TensorSpec, storage = six) => torchZip(stateDict(spec), { 0: storage });

describe('a PyTorch checkpoint', () => {
  it('is read from an archive, with or without ZIP64 records', async () => {
    const object = stateDict(matrix);
    expect(await valuesOf(torchZip(object, { 0: six }))).toEqual([0, 1, 2, 3, 4, 5]);
    const wide = torchZip(object, { 0: six }, { isZip64: true });
    expect(await valuesOf(wide)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('honours strides: a transposed tensor is laid out row by row', async () => {
    const transposed = zipWith({ elements: 6, shape: [3, 2], strides: [1, 3] });
    expect(await valuesOf(transposed)).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('honours offsets into storages that tensors share', async () => {
    const a = tensor({ elements: 6, offset: 4, shape: [2], strides: [1] });
    const b = tensor({ elements: 6, offset: 1, shape: [2], strides: [2] });
    const file = torchZip(dict(text('a'), a, text('b'), b), { 0: six });
    expect(await valuesOf(file, 'a')).toEqual([4, 5]);
    expect(await valuesOf(file, 'b')).toEqual([1, 3]);
  });

  it('takes parameters for the tensors they are', async () => {
    const rebuild = global('torch._utils', '_rebuild_parameter');
    const parameter = call(
      rebuild,
      tensor(matrix),
      [0x88],
      call(global('collections', 'OrderedDict')),
    );
    const file = torchZip(dict(text('w'), parameter), { 0: six });
    expect(await valuesOf(file)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([
    ['state_dict', dict(text('state_dict'), stateDict(matrix)), 'state_dict.w'],
    ['a list', list(stateDict(matrix), none), '0.w'],
    ['an object', withState('my.Trainer', dict(text('net'), stateDict(matrix))), 'net.w'],
    ['an epoch', dict(text('epoch'), int(3), text('model'), stateDict(matrix)), 'model.w'],
  ])('calls tensors within %s by their keys', async (_, object, name) => {
    expect(await valuesOf(torchZip(object, { 0: six }), name)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([
    ['a device', call(global('torch', 'device'), text('cuda'))],
    ['arguments', withState('argparse.Namespace', dict(text('lr'), int(1)))],
    [
      'a numpy scalar',
      call(global('numpy.core.multiarray', 'scalar'), none, [0x42, 2, 0, 0, 0, 7, 7]),
    ],
    ['a quantised tensor', tensor({ ...matrix, key: '9', storage: 'QInt8Storage' })],
    ['an integer of 40 digits', [0x8a, 17, ...Array<number>(17).fill(9)]],
    ['a set', [0x8f, 0x28, ...int(3), 0x90]],
  ])('lets lie what trainers put beside the weights: %s', async (_, beside) => {
    const object = dict(text('beside'), beside, text('w'), tensor(matrix));
    expect(await valuesOf(torchZip(object, { 0: six }))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('is read from the old stream, also where a storage is a view of another', async () => {
    const plain = tensor({ ...matrix, view: none });
    const view = tuple(text('7'), int(2), int(3));
    const part = tensor({ elements: 3, shape: [3], strides: [1], view });
    const file = torchStream(dict(text('w'), plain, text('v'), part), [['0', six]]);
    expect(await valuesOf(file)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await valuesOf(file, 'v')).toEqual([2, 3, 4]);
  });
});

/** As many copies of one opcode as a table of contents may have bytes. */
function bomb(opcode: number): Uint8Array {
  const file = new Uint8Array(2 ** 26).fill(opcode);
  file.set([0x80, 2]);
  return file;
}

/** {'a': {'a': ...}}, each the last item of the one around it. */
const nested = (depth: number) => [
  ...Array.from({ length: depth }, () => [0x7d, 0x4b, 1]).flat(),
  0x4e,
  ...Array<number>(depth).fill(0x73),
];

describe('a hostile PyTorch checkpoint', () => {
  it('runs nothing: any global off the list is refused by name', async () => {
    const command = call(global('posix', 'system'), text('touch /tmp/owned'));
    expect(await refusal(torchZip(command, {}))).toMatch(/asks to load posix\.system/);
    const evaluated = call(global('builtins', 'eval'), text('1'));
    expect(await refusal(torchStream(evaluated, []))).toMatch(/asks to load builtins\.eval/);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['a tensor past its storage', zipWith({ ...matrix, offset: 1 }), /w reaches past its data/],
    [
      'a small storage said to be large',
      zipWith({ elements: 600, shape: [600], strides: [1] }),
      /data of w is missing/,
    ],
    [
      'a tensor that repeats one element for ever',
      zipWith({ elements: 6, shape: [30000, 30000], strides: [0, 0] }),
      /overlaps itself/,
    ],
    ['64 MB of dicts', bomb(0x7d), /more than 600000 objects/],
    ['64 MB of lists', bomb(0x5d), /more than 600000 objects/],
    ['64 MB of nothing', bomb(0x4e), /more than 4000000 things/],
    ['dicts in dicts', torchZip(nested(20_000), {}), /no state dict/],
    ['a storage that is not there', torchZip(stateDict(matrix), {}), /data of w is missing/],
    ['no tensors at all', torchZip(dict(text('epoch'), int(1)), {}), /no state dict/],
    ['compressed entries', torchZip(stateDict(matrix), { 0: six }, { method: 8 }), /compressed/],
    [
      'big-endian data',
      torchZip(stateDict(matrix), { 0: six }, { byteOrder: 'big' }),
      /big-endian/,
    ],
    ['another zip archive', zipOf({ 'readme.txt': [65] }), /not one of torch.save/],
    ['a pickle of something else', Uint8Array.from([0x80, 2, 0x4b, 1, 0x2e, 0, 0, 0, 0]), /torch/],
    ['a pickle without end', Uint8Array.from([0x80, 2, 0x5d, 0x28, 0x4e]), /cut short/],
  ])('is refused with one sentence: %s', async (_, file, sentence) => {
    expect(await refusal(file)).toMatch(sentence);
  });

  it('cannot make a dict of a long list again and again', async () => {
    const repeated = call(global('collections', 'OrderedDict'), list());
    expect(await refusal(torchZip(repeated, {}))).toMatch(/dicts is malformed/);
  });
});
