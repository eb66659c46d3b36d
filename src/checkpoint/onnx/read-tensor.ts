/** TensorProto: a weight inside an ONNX file, or its place in a file beside it. */
import type { Reader } from 'protobufjs/minimal.js';
import { CheckpointError, elementCount } from '../checkpoint.js';
import { elementTypes, type ElementType, type TensorData, type TensorProto } from './proto.js';
import { appendNumbers, integer, readFields, readString, readSub } from './read-fields.js';

const elementBytes: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  uint32: 4,
  uint64: 8,
  bfloat16: 2,
};

const typeNames = new Map<number, ElementType>(
  Object.entries(elementTypes).map(([name, code]) => [code, name as ElementType]),
);

/** Throws: CheckpointError for a type no network here can have, such as strings. */
export function elementTypeOf(code: number, what: string): ElementType {
  const type = typeNames.get(code);
  if (type) return type;
  throw new CheckpointError(`${what} has ONNX's element type ${code}, which is not supported.`);
}

/** Bytes of a tensor's values. */
function tensorBytes({ type, dims }: Pick<TensorProto, 'type' | 'dims'>): number {
  return elementCount(dims) * elementBytes[type];
}

/** Numbers written one by one instead of as raw bytes: little tensors of some exporters. */
const fromNumbers: Partial<Record<ElementType, (values: readonly number[]) => ArrayBufferView>> = {
  float32: (values) => Float32Array.from(values),
  float64: (values) => Float64Array.from(values),
  int64: (values) => BigInt64Array.from(values, BigInt),
  int32: (values) => Int32Array.from(values),
  int8: (values) => Int8Array.from(values),
  uint8: (values) => Uint8Array.from(values),
  bool: (values) => Uint8Array.from(values),
  float16: (values) => Uint16Array.from(values),
};

class TensorReader {
  readonly dims: number[] = [];
  name = '';
  code = 0;
  private _raw: Uint8Array | null = null;
  private readonly _numbers: number[] = [];
  private readonly _external = new Map<string, string>();

  constructor(private readonly _reader: Reader) {}

  read(end: number): TensorProto {
    const reader = this._reader;
    const numbers = (next: () => number) => (_: Reader, wire: number) =>
      appendNumbers(this._numbers, reader, wire, next);
    readFields(reader, end, {
      1: (_, wire) => appendNumbers(this.dims, reader, wire, () => integer(reader)),
      2: () => (this.code = reader.int32()),
      4: numbers(() => reader.float()),
      5: numbers(() => reader.int32()),
      7: numbers(() => integer(reader)),
      8: () => (this.name = readString(reader)),
      9: () => (this._raw = reader.bytes()),
      10: numbers(() => reader.double()),
      13: () => readSub(reader, (_, to) => this._readEntry(to)),
    });
    return this._finish();
  }

  private _readEntry(end: number): void {
    let key = '';
    let value = '';
    readFields(this._reader, end, {
      1: () => (key = readString(this._reader)),
      2: () => (value = readString(this._reader)),
    });
    this._external.set(key, value);
  }

  private _finish(): TensorProto {
    const { name, dims } = this;
    const type = elementTypeOf(this.code, `The weight '${name}'`);
    if (!dims.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
      throw new CheckpointError(`The weight '${name}' has the impossible shape [${dims}].`);
    }
    return { name, type, dims, data: this._data(type, tensorBytes({ type, dims })) };
  }

  private _data(type: ElementType, byteLength: number): TensorData {
    const location = this._external.get('location');
    if (location !== undefined) {
      const offset = Number(this._external.get('offset') ?? 0);
      return this._checked({ location, offset, length: byteLength });
    }
    const raw = this._raw ?? bytesOf(fromNumbers[type]?.(this._numbers));
    if (raw?.byteLength === byteLength) return { raw };
    throw new CheckpointError(
      `The weight '${this.name}' has ${raw?.byteLength ?? 0} bytes, its shape [${this.dims}] needs ${byteLength}.`,
    );
  }

  private _checked<T extends { readonly offset: number; readonly length: number }>(data: T): T {
    const said = this._external.get('length');
    const isRight = Number.isSafeInteger(data.offset) && data.offset >= 0;
    if (isRight && (said === undefined || Number(said) === data.length)) return data;
    throw new CheckpointError(
      `The weight '${this.name}' says it has ${said} bytes at ${data.offset} of a file beside the ` +
        `model, its shape [${this.dims}] needs ${data.length}.`,
    );
  }
}

function bytesOf(view: ArrayBufferView | undefined): Uint8Array | null {
  return view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : null;
}

/** Reads one weight. Throws: CheckpointError when its bytes do not fit its shape. */
export function readTensor(reader: Reader, end: number): TensorProto {
  return new TensorReader(reader).read(end);
}
