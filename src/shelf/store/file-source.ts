/** Files on disk as sources of bytes that are read by range. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { ByteSource } from '../../checkpoint/byte-source.js';
import type { SourceFile } from '../read/source-file.js';

/** Reads bytes [start, end), fewer where the file ends before. */
export async function readRange(
  file: FileHandle,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start);
  let filled = 0;
  while (filled < bytes.byteLength) {
    const { bytesRead } = await file.read(bytes, filled, bytes.byteLength - filled, start + filled);
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}

/** Opens a file for `use` and closes it whatever happens. Throws: the file system's error. */
export async function withFileSource<T>(
  path: string,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const clamp = (at: number) => Math.min(at, size);
    const read = (start: number, end: number) => readRange(file, clamp(start), clamp(end));
    return await use({ sizeBytes: size, read });
  } finally {
    await file.close();
  }
}

/** A file on disk, and what an import is to call it where that is not its own name. */
export interface NamedPath {
  readonly path: string;
  readonly name?: string;
}

/** Opens several files for `use`. Throws: the file system's error. */
export async function withSourceFiles<T>(
  files: readonly NamedPath[],
  use: (sources: SourceFile[]) => Promise<T>,
): Promise<T> {
  const [first, ...rest] = files;
  if (!first) return use([]);
  const name = first.name ?? path.basename(first.path);
  return withFileSource(first.path, (source) =>
    withSourceFiles(rest, (others) => use([{ name, source }, ...others])),
  );
}
