/**
 * Table of contents of a zip archive whose entries are stored, not compressed, as `torch.save`
 * writes them. Reads ZIP64. Takes sizes from the central directory: local headers may hold none.
 * Source: PKWARE APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16 and 4.5.3.
 */
import type { ByteSource } from '../byte-source.js';
import { CheckpointError } from '../checkpoint.js';

/** An entry of the archive. */
export interface ZipEntry {
  readonly sizeBytes: number;
  /** Finds where the data starts. Throws: CheckpointError when it is compressed or not inside. */
  dataStart(): Promise<number>;
}

const maxCommentBytes = 65535;
const endRecordBytes = 22;
const locatorBytes = 20;
/** About 500,000 entries: far more than tensors in any network, little memory. */
const maxDirectoryBytes = 64 * 2 ** 20;

function fail(detail: string): never {
  throw new CheckpointError(
    `This PyTorch checkpoint cannot be read: ${detail}; download it again or save it anew.`,
  );
}

async function viewOf(source: ByteSource, start: number, length: number): Promise<DataView> {
  if (start < 0 || start + length > source.sizeBytes) fail('its zip directory points outside it');
  const bytes = await source.read(start, start + length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function safeUint64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) fail('its zip directory holds an impossible size');
  return Number(value);
}

interface Directory {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly entries: number;
}

async function zip64Directory(source: ByteSource, endRecordAt: number): Promise<Directory> {
  const locator = await viewOf(source, endRecordAt - locatorBytes, locatorBytes);
  if (locator.getUint32(0, true) !== 0x07064b50) fail('its ZIP64 locator is missing');
  const record = await viewOf(source, safeUint64(locator, 8), 56);
  if (record.getUint32(0, true) !== 0x06064b50) fail('its ZIP64 end record is missing');
  return {
    entries: safeUint64(record, 32),
    sizeBytes: safeUint64(record, 40),
    offset: safeUint64(record, 48),
  };
}

async function findDirectory(source: ByteSource): Promise<Directory> {
  const length = Math.min(source.sizeBytes, maxCommentBytes + endRecordBytes);
  const start = source.sizeBytes - length;
  const tail = await viewOf(source, start, length);
  let at = length - endRecordBytes;
  while (at >= 0 && tail.getUint32(at, true) !== 0x06054b50) at--;
  if (at < 0) fail('it is cut short, the zip directory at its end is missing');
  const entries = tail.getUint16(at + 10, true);
  const sizeBytes = tail.getUint32(at + 12, true);
  const offset = tail.getUint32(at + 16, true);
  const isZip64 = entries === 0xffff || sizeBytes === 0xffffffff || offset === 0xffffffff;
  return isZip64 ? zip64Directory(source, start + at) : { entries, sizeBytes, offset };
}

interface Header {
  readonly name: string;
  readonly method: number;
  readonly sizeBytes: number;
  readonly localOffset: number;
}

/** Replaces the fields that are all ones by their 64-bit values in the extra field, in order. */
function widened(fields: readonly number[], extra: DataView): number[] {
  let at = 0;
  while (at + 4 <= extra.byteLength) {
    const length = extra.getUint16(at + 2, true);
    if (extra.getUint16(at, true) === 1) {
      const end = Math.min(at + 4 + length, extra.byteLength);
      let next = at + 4;
      return fields.map((field) => {
        if (field !== 0xffffffff) return field;
        if (next + 8 > end) fail('its ZIP64 sizes are incomplete');
        next += 8;
        return safeUint64(extra, next - 8);
      });
    }
    at += 4 + length;
  }
  return [...fields];
}

/** Parses the directory's headers one after the other. */
function* headers(view: DataView, count: number): Generator<Header> {
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== 0x02014b50) {
      fail('its zip directory is damaged');
    }
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const end = at + 46 + nameLength + extraLength;
    if (end > view.byteLength) fail('its zip directory is damaged');
    const nameBytes = new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength);
    const extra = new DataView(view.buffer, view.byteOffset + at + 46 + nameLength, extraLength);
    const sizes = [20, 24, 42].map((field) => view.getUint32(at + field, true));
    const [, sizeBytes, localOffset] = widenedInZipOrder(sizes, extra);
    const method = view.getUint16(at + 10, true);
    yield { name: new TextDecoder().decode(nameBytes), method, sizeBytes, localOffset };
    at = end + view.getUint16(at + 32, true);
  }
}

/** Fields come as [compressed, size, offset]; the extra field holds [size, compressed, offset]. */
function widenedInZipOrder(sizes: readonly number[], extra: DataView): [number, number, number] {
  const [size, compressed, offset] = widened([sizes[1], sizes[0], sizes[2]], extra);
  return [compressed, size, offset];
}

/** The local header says how long its own name and padding are: the data starts after them. */
async function dataStart(source: ByteSource, header: Header): Promise<number> {
  if (header.method !== 0) fail('its contents are compressed, which torch.save does not do');
  const local = await viewOf(source, header.localOffset, 30);
  if (local.getUint32(0, true) !== 0x04034b50) fail('an entry of its zip directory is not there');
  const nameAndExtra = local.getUint16(26, true) + local.getUint16(28, true);
  const start = header.localOffset + 30 + nameAndExtra;
  return start + header.sizeBytes <= source.sizeBytes ? start : fail('it is cut short');
}

/**
 * Lists the entries of an archive by name.
 * Throws: CheckpointError when the archive is damaged or absurdly large.
 */
export async function readZip(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const directory = await findDirectory(source);
  if (directory.sizeBytes > maxDirectoryBytes) fail('its zip directory is absurdly large');
  const view = await viewOf(source, directory.offset, directory.sizeBytes);
  const entries = new Map<string, ZipEntry>();
  for (const header of headers(view, directory.entries)) {
    const { name, sizeBytes } = header;
    if (sizeBytes > source.sizeBytes) fail('it is cut short');
    entries.set(name, { sizeBytes, dataStart: () => dataStart(source, header) });
  }
  return entries;
}
