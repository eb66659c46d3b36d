import { describe, expect, it } from 'vitest';
import { sourceFromBlob, sourceFromBytes } from '../../src/checkpoint/byte-source.js';
import { CheckpointError } from '../../src/checkpoint/checkpoint.js';
import { openCheckpoint } from '../../src/checkpoint/format/open-checkpoint.js';
import { readSafetensors } from '../../src/checkpoint/format/safetensors.js';

/** A file with this header and so many bytes of data. */
function fileWith(header: unknown, data: Uint8Array): Uint8Array {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}

const read = (file: Uint8Array) => readSafetensors(sourceFromBytes(file));
const entry = (dtype: string, shape: unknown, begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('readSafetensors', () => {
  it('reads each element type as float32, also where data is not aligned', async () => {
    const data = new Uint8Array(1 + 2 + 4 + 8 + 8);
    const view = new DataView(data.buffer);
    view.setUint8(0, 200);
    view.setUint16(1, 0x3c01, true);
    view.setFloat32(3, 0.1, true);
    view.setBigInt64(7, -3n, true);
    view.setFloat64(15, 0.25, true);
    const header = {
      __metadata__: { format: 'pt' },
      u: entry('U8', [1], 0, 1),
      h: entry('F16', [1, 1], 1, 3),
      f: entry('F32', [], 3, 7),
      i: entry('I64', [1], 7, 15),
      d: entry('F64', [1], 15, 23),
    };
    const tensors = await read(fileWith(header, data));
    expect([...tensors.keys()]).toEqual(['u', 'h', 'f', 'i', 'd']);
    const values = await Promise.all([...tensors.values()].map(async (t) => (await t.values())[0]));
    expect(values).toEqual([200, 1 + 2 ** -10, Math.fround(0.1), -3, 0.25]);
    expect(tensors.get('h')!.shape).toEqual([1, 1]);
  });

  it('reads from a Blob', async () => {
    const file = fileWith({ a: entry('U8', [2], 0, 2) }, Uint8Array.of(3, 4));
    const tensors = await readSafetensors(sourceFromBlob(new Blob([new Uint8Array(file)])));
    expect([...(await tensors.get('a')!.values())]).toEqual([3, 4]);
  });

  const two = new Uint8Array(2);
  it.each([
    ['an empty file', new Uint8Array(0), /only 0 bytes/],
    [
      'a header that claims more than the file',
      Uint8Array.of(...new Array(16).fill(255)),
      /claims/,
    ],
    ['a header that is not JSON', fileWith('{"a":', two), /not JSON/],
    ['a header that is a list', fileWith('[1,2,3]', two), /not a JSON object/],
    ['a negative extent', fileWith({ a: entry('U8', [-2], 0, 2) }, two), /impossible shape/],
    ['extents past 2^53', fileWith({ a: entry('U8', [2 ** 30, 2 ** 30], 0, 2) }, two), /shape/],
    ['offsets that disagree', fileWith({ a: entry('U8', [1], 0, 2) }, two), /needs 1 bytes/],
    ['a hole', fileWith({ a: entry('U8', [1], 1, 2) }, two), /overlap or leave a hole/],
    [
      'an overlap',
      fileWith({ a: entry('U8', [2], 0, 2), b: entry('U8', [1], 1, 2) }, two),
      /overlap or leave a hole/,
    ],
    ['missing data', fileWith({ a: entry('U8', [9], 0, 9) }, two), /download it again/],
    ['a prototype as entry', fileWith('{"__proto__": 5}', two), /not an object/],
  ])('refuses %s with one sentence', async (_, file, sentence) => {
    const error: unknown = await read(file).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as CheckpointError).message).toMatch(sentence);
  });

  it('lets a tensor of an unknown element type lie, and names it when it is asked for', async () => {
    const checkpoint = await read(fileWith({ a: entry('F8_E4M3', [2], 0, 2) }, two));
    const values = checkpoint.get('a')!.values();
    await expect(values).rejects.toThrow(/stores a as F8_E4M3, which cannot be converted/);
  });
});

describe('openCheckpoint', () => {
  it.each([
    ['a web page', '\n<!DOCTYPE html><html>', /is a web page instead/],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\n', /only points to/],
    ['a text', 'hello, world', /neither a .safetensors nor a PyTorch/],
    ['nothing', '', /neither a .safetensors nor a PyTorch/],
  ])('says what it was given instead of a checkpoint: %s', async (_, text, sentence) => {
    const source = sourceFromBytes(new TextEncoder().encode(text));
    await expect(openCheckpoint(source)).rejects.toThrow(sentence);
  });
});
