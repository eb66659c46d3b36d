/** Files in folders of the disk, for the command line. Needs Node, which no other store may. */
import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import {
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  statfs,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import path from 'node:path';
import { sourceFromBlob, type ByteSource } from '../../checkpoint/byte-source.js';
import { RepaintError } from '../../protocol/failure.js';
import type { Hasher } from './hasher.js';
import { keptName, plainName } from './kept-name.js';
import type { FileEntry, FileStore, PartFile, StorageUsage } from './file-store.js';

/** SHA-256 by Node, many times as fast as in plain JavaScript. */
export function createSha256(): Hasher {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'no file may become that large here',
  EACCES: 'that is not allowed',
  EPERM: 'that is not allowed',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it is a file, not a folder',
  EMFILE: 'too many files are open',
  EIO: 'the disk reports an error',
};

/** Why the file system refused, in words; null for what is no error of it. */
export function systemReason(cause: unknown): string | null {
  const { code, syscall, message } = (cause ?? {}) as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return null;
  // To Node a folder that cannot be made on a read-only disk is one that is not there.
  if (code === 'ENOENT' && syscall === 'mkdir') return 'the disk is read-only, or not there';
  if (code === 'ENOENT') return 'there is no such file or folder';
  return reasons[code] ?? message;
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Reads a file by range. Throws: the file system's error. */
export async function fileSource(file: string): Promise<ByteSource> {
  // Says which file is absent; opening it would not.
  await stat(file);
  return sourceFromBlob(await openAsBlob(file));
}

class DiskPart implements PartFile {
  constructor(
    private readonly _file: FileHandle,
    public sizeBytes: number,
  ) {}

  async append(bytes: Uint8Array): Promise<void> {
    try {
      await this._file.appendFile(bytes);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
      const sentence = 'The disk is full; free some space and add the model again to go on.';
      throw new RepaintError('storageFull', sentence, { cause });
    }
    this.sizeBytes += bytes.byteLength;
  }

  async read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(Math.max(0, Math.min(end, this.sizeBytes) - start));
    let filled = 0;
    while (filled < bytes.byteLength) {
      const { bytesRead } = await this._file.read(
        bytes,
        filled,
        bytes.byteLength - filled,
        start + filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this._file.truncate(sizeBytes);
    this.sizeBytes = sizeBytes;
  }

  close(): Promise<void> {
    return this._file.close();
  }
}

export class DiskFileStore implements FileStore {
  readonly kind = 'disk';

  /** `root` is made when something is written. */
  constructor(readonly root: string) {}

  async folders(): Promise<readonly string[]> {
    const entries = await this._entries(this.root);
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => plainName(name));
  }

  async files(folder: string): Promise<readonly FileEntry[]> {
    const entries = await this._entries(this._path(folder));
    const files = entries.filter((entry) => entry.isFile());
    return Promise.all(
      files.map(async ({ name }) => ({
        name: plainName(name),
        sizeBytes: (await stat(path.join(this._path(folder), name))).size,
      })),
    );
  }

  async read(folder: string, name: string): Promise<Blob | null> {
    const file = this._path(folder, name);
    // An absent file is a type error to openAsBlob.
    const isThere = await stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
    return isThere ? openAsBlob(file) : null;
  }

  async open(folder: string, name: string): Promise<PartFile> {
    await mkdir(this._path(folder), { recursive: true });
    const file = await open(this._path(folder, name), 'a+');
    return new DiskPart(file, (await file.stat()).size);
  }

  remove(folder: string, name?: string): Promise<void> {
    const where = name === undefined ? this._path(folder) : this._path(folder, name);
    return rm(where, { recursive: true, force: true });
  }

  async usage(): Promise<StorageUsage | null> {
    const disk = await statfs(this.root).catch(() => null);
    if (!disk) return null;
    const quotaBytes = disk.blocks * disk.bsize;
    return { quotaBytes, usedBytes: quotaBytes - disk.bavail * disk.bsize };
  }

  private _path(folder: string, name?: string): string {
    const inRoot = path.join(this.root, keptName(folder));
    return name === undefined ? inRoot : path.join(inRoot, keptName(name));
  }

  private async _entries(folder: string) {
    return readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Runs `action` while no other process adds to that folder; `otherwise` when one does. */
export async function whileAloneOnDisk<T>(
  root: string,
  action: () => Promise<T>,
  otherwise: () => Promise<T>,
): Promise<T> {
  const lock = path.join(root, '.adding');
  for (;;) {
    try {
      await writeFile(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(lock, 'utf8').catch(() => '0'));
    if (holder === process.pid || isRunning(holder)) return otherwise();
    // Its process was killed.
    await rm(lock, { force: true });
  }
  try {
    return await action();
  } finally {
    await rm(lock, { force: true });
  }
}
