/** Checkpoints of gigabytes that take no memory: a table of contents, and zeros where it points. */
import type { ByteSource } from '../../../src/checkpoint/byte-source.js';
import { bytesPerElement, elementCount, type DType } from '../../../src/checkpoint/checkpoint.js';
import { Weights, type TensorSource } from '../../../src/checkpoint/nn/weights.js';
import { randomSource } from '../../../src/checkpoint/random-source.js';

/** The shapes a network asks for, by name. */
export function shapesOf(build: (weights: Weights) => unknown): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const source = randomSource(1);
  const recording: TensorSource = {
    has: (name) => source.has(name),
    find: (name, shape) => {
      shapes.set(name, shape);
      return source.find(name, shape);
    },
  };
  build(new Weights(recording));
  return shapes;
}

type Named = readonly [name: string, shape: readonly number[]];

/** A .safetensors of all the weights that `build` asks for, each zero; `as`: under other names. */
export function hollowCheckpoint(
  build: (weights: Weights) => unknown,
  dtype: DType = 'F32',
  as: (...named: Named) => Named = (...named) => named,
): ByteSource {
  let end = 0;
  const entries = [...shapesOf(build)].map((named) => {
    const [name, shape] = as(...named);
    const begin = end;
    end += bytesPerElement[dtype] * elementCount(shape);
    return [name, { dtype, shape, data_offsets: [begin, end] }] as const;
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const head = new Uint8Array(8 + json.length);
  new DataView(head.buffer).setBigUint64(0, BigInt(json.length), true);
  head.set(json, 8);
  return {
    sizeBytes: head.length + end,
    read: async (from, to) => {
      const bytes = new Uint8Array(to - from);
      bytes.set(head.subarray(from, to));
      return bytes;
    },
  };
}
