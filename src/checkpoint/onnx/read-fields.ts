/** Protobuf messages field by field, over protobufjs' Reader (no reflection, no run-time code). */
import type { Reader } from 'protobufjs/minimal.js';
import { CheckpointError } from '../checkpoint.js';

/** What to do at each field number; other fields are skipped. */
type FieldReaders = Readonly<Record<number, (reader: Reader, wireType: number) => unknown>>;

/** Reads a message up to `end`. Throws: CheckpointError or RangeError when it does not end there. */
export function readFields(reader: Reader, end: number, fields: FieldReaders): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    const wireType = tag & 7;
    const read = fields[tag >>> 3];
    if (read) read(reader, wireType);
    else reader.skipType(wireType);
  }
  if (reader.pos !== end) throw new CheckpointError('The ONNX file is damaged: a field overruns.');
}

/** Reads an embedded message. */
export function readSub<T>(reader: Reader, read: (reader: Reader, end: number) => T): T {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new CheckpointError('The ONNX file is cut off.');
  return read(reader, end);
}

const largest = Number.MAX_SAFE_INTEGER;

/** An int64 as a number. Those beyond 2^53 mean "to the end", as in Slice: the largest does as well. */
export function integer(reader: Reader): number {
  return Math.max(-largest, Math.min(largest, Number(reader.int64())));
}

export function readString(reader: Reader): string {
  return reader.string();
}

/** Appends a repeated number: packed (wire type 2), or one by one. */
export function appendNumbers(
  to: number[],
  reader: Reader,
  wireType: number,
  next: () => number,
): void {
  if (wireType !== 2) {
    to.push(next());
    return;
  }
  readSub(reader, (_, end) => {
    while (reader.pos < end) to.push(next());
  });
}
