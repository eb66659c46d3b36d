/**
 * Reader of the safetensors format: u64 header length, JSON header, raw little-endian data.
 * The header is untrusted: every number in it is checked before a byte of data is read.
 * Source: github.com/huggingface/safetensors, section "Format".
 */
import type { ByteSource } from '../byte-source.js';
import {
  bytesPerElement,
  CheckpointError,
  elementCount,
  isKnownDType,
  unreadable,
  type Checkpoint,
  type Tensor,
} from '../checkpoint.js';
import { decodeToFloat32 } from './decode.js';

/** A header of 16 MiB names about 100,000 tensors: more than any network here, little memory. */
const maxHeaderBytes = 16 * 2 ** 20;
const maxRank = 8;

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

function fail(detail: string): never {
  throw new CheckpointError(`This is not a usable safetensors file: ${detail}.`);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isShape(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= maxRank &&
    value.every(isCount) &&
    Number.isSafeInteger(elementCount(value))
  );
}

function parseEntry(name: string, value: unknown): Entry {
  const label = JSON.stringify(name.slice(0, 100));
  if (typeof value !== 'object' || value === null) fail(`the entry ${label} is not an object`);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== 'string') fail(`tensor ${label} has no element type`);
  if (!isShape(shape)) fail(`tensor ${label} has an impossible shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    fail(`tensor ${label} has impossible data offsets`);
  }
  const [begin, end] = offsets as [number, number];
  const expected = isKnownDType(dtype) ? elementCount(shape) * bytesPerElement[dtype] : end - begin;
  if (end - begin !== expected || end < begin) {
    fail(`tensor ${label} needs ${expected} bytes by its shape, its offsets span ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

/** The format allows neither holes nor overlaps, which also bounds what can be asked of memory. */
function checkLayout(entries: readonly Entry[], dataBytes: number): void {
  let position = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== position) fail(`the data of tensors overlap or leave a hole`);
    position = entry.end;
  }
  if (position !== dataBytes) {
    fail(`the tensors need ${position} bytes, the file holds ${dataBytes}; download it again`);
  }
}

function parseHeader(text: string): Entry[] {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    fail('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    fail('its header is not a JSON object');
  }
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseEntry(name, value));
}

async function headerBytes(source: ByteSource): Promise<number> {
  if (source.sizeBytes < 10) fail(`it has only ${source.sizeBytes} bytes`);
  const prefix = await source.read(0, 8);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  const allowed = Math.min(maxHeaderBytes, source.sizeBytes - 8);
  if (length > BigInt(allowed)) {
    fail(`its header claims ${length} bytes, at most ${allowed} are possible`);
  }
  return Number(length);
}

/**
 * Reads the header of a safetensors file; tensor data is read when asked for.
 * Throws: CheckpointError with one sentence on anything malformed.
 */
export async function readSafetensors(source: ByteSource): Promise<Checkpoint> {
  const length = await headerBytes(source);
  const dataStart = 8 + length;
  const entries = parseHeader(new TextDecoder().decode(await source.read(8, dataStart)));
  checkLayout(entries, source.sizeBytes - dataStart);
  return new Map(entries.map((entry) => [entry.name, tensorOf(entry, source, dataStart)]));
}

function tensorOf(entry: Entry, source: ByteSource, dataStart: number): Tensor {
  const { name, dtype, shape, begin, end } = entry;
  if (!isKnownDType(dtype)) return unreadable(name, shape, dtype.slice(0, 20));
  const values = async () => {
    const bytes = await source.read(dataStart + begin, dataStart + end);
    return decodeToFloat32(bytes, dtype);
  };
  return { name, dtype, shape, values };
}
