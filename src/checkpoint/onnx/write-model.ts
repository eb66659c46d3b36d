/** Turns a built graph and the weights it names into the bytes of an ONNX model. */
import { CheckpointError, elementCount, type Tensor } from '../checkpoint.js';
import { float32ToFloat16 } from '../format/float16.js';
import type { Constant, Graph, Parameter } from './graph.js';
import { encodeModel, type NodeProto, type TensorData, type TensorProto } from './proto.js';

/** A file beside the `.onnx` file, under the name the graph calls it by. */
export interface ExternalFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/**
 * How weights are stored. `asStored` keeps half-precision tensors in half precision and everything
 * else in float32. The graph computes in float32 in every case: a half-precision weight goes
 * through a Cast, which onnxruntime folds away at load.
 */
export type WeightStorage = 'asStored' | 'float16' | 'float32';

export interface WriteOptions {
  readonly storage?: WeightStorage;
  /**
   * Given, weights go to files of at most this many bytes (one tensor may exceed it), each handed
   * over as soon as it is full, so that only one is in memory. Absent, they go into the model,
   * which protobuf limits to 2 GiB.
   */
  readonly shards?: {
    readonly maxBytes: number;
    /** What the files are called before their number; `weights` by default. */
    readonly prefix?: string;
    write(file: ExternalFile): Promise<void>;
  };
  /** Called after each weight with the number of values written so far. */
  onProgress?(values: number): void;
}

/** Alignment of a tensor inside a shard: lets readers map it as any typed array. */
const shardAlignment = 64;

/** Collects tensors into external files. */
class ShardWriter {
  private _chunks: { offset: number; bytes: Uint8Array }[] = [];
  private _length = 0;
  private _count = 0;

  constructor(readonly shards: NonNullable<WriteOptions['shards']>) {}

  private get _path(): string {
    return `${this.shards.prefix ?? 'weights'}-${this._count}.bin`;
  }

  async add(bytes: Uint8Array): Promise<TensorData> {
    if (this._length > 0 && this._length + bytes.byteLength > this.shards.maxBytes) {
      await this.flush();
    }
    const offset = this._length;
    this._chunks.push({ offset, bytes });
    this._length = Math.ceil((offset + bytes.byteLength) / shardAlignment) * shardAlignment;
    return { location: this._path, offset, length: bytes.byteLength };
  }

  async flush(): Promise<void> {
    if (this._length === 0) return;
    const data = new Uint8Array(this._length);
    for (const { offset, bytes } of this._chunks) data.set(bytes, offset);
    const path = this._path;
    this._chunks = [];
    this._length = 0;
    this._count++;
    await this.shards.write({ path, data });
  }
}

/** True for a weight that takes two bytes a value. */
export function isHalf(tensor: Tensor, storage: WeightStorage): boolean {
  return storage === 'float16' || (storage === 'asStored' && tensor.dtype === 'F16');
}

function rawBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

const typedArrays = {
  float32: (values: readonly number[]) => Float32Array.from(values),
  int32: (values: readonly number[]) => Int32Array.from(values),
  int64: (values: readonly number[]) => BigInt64Array.from(values, BigInt),
} as const;

function constantProto({ name, type, dims, values }: Constant): TensorProto {
  return { name, type, dims, data: { raw: rawBytes(typedArrays[type](values)) } };
}

function castNode(name: string): NodeProto {
  return {
    name: `widen ${name}`,
    opType: 'Cast',
    inputs: [`${name}.half`],
    outputs: [name],
    attributes: { to: { int: 1 } },
  };
}

/** A training that diverged leaves NaN behind, and every pixel would become one. */
function expectNumbers(name: string, values: Float32Array): void {
  if (values.every(Number.isFinite)) return;
  throw new CheckpointError(
    `The tensor ${name} holds values that are no finite numbers (NaN or infinite): the training ` +
      'diverged or the file is damaged; take an earlier checkpoint.',
  );
}

async function parameterProto(
  { name, tensor }: Parameter,
  asHalf: boolean,
  place: (bytes: Uint8Array) => Promise<TensorData>,
): Promise<TensorProto> {
  const values = await tensor.values();
  expectNumbers(name, values);
  const dims = tensor.shape;
  if (!asHalf) return { name, type: 'float32', dims, data: await place(rawBytes(values)) };
  const data = await place(rawBytes(float32ToFloat16(values)));
  return { name: `${name}.half`, type: 'float16', dims, data };
}

/**
 * Writes the model. Weights are read one after the other, in the order the graph first used them.
 * Throws: CheckpointError when a weight cannot be read.
 */
export async function writeModel(graph: Graph, options: WriteOptions = {}): Promise<Uint8Array> {
  const storage = options.storage ?? 'asStored';
  const shards = options.shards && new ShardWriter(options.shards);
  const place = async (raw: Uint8Array): Promise<TensorData> => shards?.add(raw) ?? { raw };
  const initializers = [...graph.constants.values()].map(constantProto);
  const casts: NodeProto[] = [];
  let written = 0;
  for (const parameter of graph.parameters.values()) {
    const asHalf = isHalf(parameter.tensor, storage);
    const proto = await parameterProto(parameter, asHalf, place);
    initializers.push(proto);
    if (asHalf) casts.push(castNode(parameter.name));
    written += elementCount(proto.dims);
    options.onProgress?.(written);
  }
  await shards?.flush();
  const { name, inputs, outputs, nodes } = graph;
  return encodeModel({ name, inputs, outputs, nodes: [...casts, ...nodes], initializers });
}
