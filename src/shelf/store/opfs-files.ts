/**
 * Files in the origin private file system, from a dedicated worker. Written through synchronous
 * access handles: they write in place, so that a killed worker leaves what it had; a writable
 * stream would lose all of it.
 */
import { RepaintError } from '../../protocol/failure.js';
import { keptName, plainName } from './kept-name.js';
import type { FileEntry, FileStore, PartFile, StorageUsage } from './file-store.js';
import { pause } from '../fetch/waiting.js';

/** Exposed in dedicated workers only, so not in TypeScript's DOM library. */
interface SyncAccessHandle {
  getSize(): number;
  read(buffer: Uint8Array, options: { at: number }): number;
  write(buffer: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

type SyncFileHandle = FileSystemFileHandle & {
  createSyncAccessHandle(): Promise<SyncAccessHandle>;
};

/** What a file refuses with while somebody else writes it. */
const takenName = 'NoModificationAllowedError';
const takenTries = 20;
const takenPauseMs = 100;

const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;

async function usage(): Promise<StorageUsage | null> {
  const estimate = await navigator.storage.estimate().catch(() => null);
  if (estimate?.usage === undefined || estimate.quota === undefined) return null;
  return { usedBytes: estimate.usage, quotaBytes: estimate.quota };
}

/** Chromium answers about 10 GB of quota whatever the disk holds: then it is better left unsaid. */
async function storageFull(neededBytes: number, cause: unknown): Promise<RepaintError> {
  const known = await usage();
  const freeBytes = known ? Math.max(0, known.quotaBytes - known.usedBytes) : Infinity;
  const free = freeBytes < neededBytes ? `, ${megabytes(freeBytes)} are free` : '';
  return new RepaintError(
    'storageFull',
    `Storage is full: at least ${megabytes(neededBytes)} more are needed${free}. Remove a model or free space on this machine.`,
    { cause },
  );
}

/** A full disk may take the beginning of what it is given. */
class ShortWriteError extends Error {}

async function writeFailure(neededBytes: number, cause: unknown): Promise<RepaintError> {
  const isFull = cause instanceof ShortWriteError || isNamed(cause, 'QuotaExceededError');
  if (isFull) return storageFull(neededBytes, cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RepaintError('internal', `A file could not be written: ${reason}`, { cause });
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name;
}

/** A worker that was stopped holds its files for a moment: what they refuse is asked again. */
async function patiently<T>(action: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await action();
    } catch (error) {
      if (tries === takenTries || !isNamed(error, takenName)) throw error;
      await pause(takenPauseMs);
    }
  }
}

/** One writer at a time over all windows. */
function takenElsewhere(what: string, cause: unknown): RepaintError {
  const sentence = `${what} is being written elsewhere: close the other window of this add-on.`;
  return new RepaintError('internal', sentence, { cause });
}

class OpfsPart implements PartFile {
  constructor(private readonly _handle: SyncAccessHandle) {}

  get sizeBytes(): number {
    return this._handle.getSize();
  }

  async append(bytes: Uint8Array): Promise<void> {
    const at = this.sizeBytes;
    try {
      const written = this._handle.write(bytes, { at });
      if (written !== bytes.byteLength) throw new ShortWriteError(`${written} bytes fitted`);
      this._handle.flush();
    } catch (cause) {
      throw await writeFailure(bytes.byteLength, cause);
    }
  }

  async read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(Math.max(0, Math.min(end, this.sizeBytes) - start));
    this._handle.read(bytes, { at: start });
    return bytes;
  }

  async truncate(sizeBytes: number): Promise<void> {
    this._handle.truncate(sizeBytes);
  }

  async close(): Promise<void> {
    this._handle.close();
  }
}

export class OpfsFileStore implements FileStore {
  readonly kind = 'opfs';

  private constructor(private readonly _root: FileSystemDirectoryHandle) {}

  /** null when the frame may not use storage, or not from here. */
  static async open(rootName = 'models'): Promise<OpfsFileStore | null> {
    if (!('createSyncAccessHandle' in FileSystemFileHandle.prototype)) return null;
    try {
      const root = await navigator.storage.getDirectory();
      return new OpfsFileStore(await root.getDirectoryHandle(rootName, { create: true }));
    } catch {
      return null;
    }
  }

  async folders(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const [name, handle] of this._root.entries()) {
      if (handle.kind === 'directory') names.push(name);
    }
    return names;
  }

  async files(folder: string): Promise<readonly FileEntry[]> {
    const found: FileEntry[] = [];
    const directory = await this._folder(folder);
    if (!directory) return found;
    for await (const [name, handle] of directory.entries()) {
      if (handle.kind !== 'file') continue;
      const { size } = await handle.getFile();
      found.push({ name: plainName(name), sizeBytes: size });
    }
    return found;
  }

  async read(folder: string, name: string): Promise<Blob | null> {
    const directory = await this._folder(folder);
    try {
      return (await (await directory?.getFileHandle(keptName(name)))?.getFile()) ?? null;
    } catch (error) {
      if (isNamed(error, 'NotFoundError')) return null;
      throw error;
    }
  }

  async open(folder: string, name: string): Promise<PartFile> {
    try {
      const directory = await this._root.getDirectoryHandle(folder, { create: true });
      const handle = (await directory.getFileHandle(keptName(name), {
        create: true,
      })) as SyncFileHandle;
      return new OpfsPart(await patiently(() => handle.createSyncAccessHandle()));
    } catch (cause) {
      if (isNamed(cause, 'QuotaExceededError')) throw await storageFull(1, cause);
      if (isNamed(cause, takenName)) throw takenElsewhere(`${folder}/${name}`, cause);
      throw cause;
    }
  }

  async remove(folder: string, name?: string): Promise<void> {
    try {
      const directory = name === undefined ? this._root : await this._folder(folder);
      const entry = name === undefined ? folder : keptName(name);
      await patiently(async () => directory?.removeEntry(entry, { recursive: true }));
    } catch (error) {
      if (isNamed(error, takenName)) throw takenElsewhere(folder, error);
      if (!isNamed(error, 'NotFoundError')) throw error;
    }
  }

  usage(): Promise<StorageUsage | null> {
    return usage();
  }

  private async _folder(name: string): Promise<FileSystemDirectoryHandle | null> {
    try {
      return await this._root.getDirectoryHandle(name);
    } catch (error) {
      if (isNamed(error, 'NotFoundError')) return null;
      throw error;
    }
  }
}
