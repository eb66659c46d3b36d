/** Files on disk as sources of bytes that are read by range. */
import { open, stat } from 'node:fs/promises';
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
  readonly as?: SourceFile['as'];
}

/** A file that is opened when it is first read: of a folder of thousands only a few are. */
class LateFile implements ByteSource {
  private _file: Promise<FileHandle> | null = null;

  constructor(
    private readonly _path: string,
    readonly sizeBytes: number,
  ) {}

  async read(start: number, end: number): Promise<Uint8Array> {
    this._file ??= open(this._path, 'r');
    const clamp = (at: number) => Math.min(at, this.sizeBytes);
    return readRange(await this._file, clamp(start), clamp(end));
  }

  async close(): Promise<void> {
    await (await this._file)?.close();
  }
}

/** Has several files opened for `use` as they are read. Throws: the file system's error. */
export async function withSourceFiles<T>(
  files: readonly NamedPath[],
  use: (sources: SourceFile[]) => Promise<T>,
): Promise<T> {
  const sizes = await Promise.all(files.map((file) => stat(file.path)));
  const late = files.map((file, i) => new LateFile(file.path, sizes[i]!.size));
  try {
    return await use(
      files.map(({ path: from, name = path.basename(from), as }, i) => ({
        name,
        source: late[i]!,
        as,
      })),
    );
  } finally {
    await Promise.allSettled(late.map((file) => file.close()));
  }
}
