/**
 * Files in folders, for models and their downloads. The add-on's iframe may refuse storage, so
 * there is a store in memory that behaves the same as long as its worker lives.
 */
import type { StorageKind } from '../../protocol/compute-device.js';
import { MemoryFileStore } from './memory-files.js';
import { OpfsFileStore } from './opfs-files.js';

export interface FileEntry {
  readonly name: string;
  readonly sizeBytes: number;
}

/**
 * A file being written. What has been appended is on disk when `append` settles, even if the
 * worker is killed afterwards. One writer at a time; close it whatever happens.
 */
export interface PartFile {
  readonly sizeBytes: number;
  /** Throws: RepaintError storageFull. */
  append(bytes: Uint8Array): Promise<void>;
  /** Reads bytes [start, end). */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface StorageUsage {
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

export interface FileStore {
  readonly kind: StorageKind;
  folders(): Promise<readonly string[]>;
  /** Empty for a folder that is not there. */
  files(folder: string): Promise<readonly FileEntry[]>;
  /** null when absent. */
  read(folder: string, name: string): Promise<Blob | null>;
  /** Opens a file, made when missing, for appending. Throws: RepaintError storageFull. */
  open(folder: string, name: string): Promise<PartFile>;
  /** Removes a file, or a folder with all its files; absent ones are no error. */
  remove(folder: string, name?: string): Promise<void>;
  /** As the browser estimates; null where it does not say. */
  usage(): Promise<StorageUsage | null>;
}

/** The best store there is: persistent where the frame may use storage. */
export async function openFileStore(): Promise<FileStore> {
  return (await OpfsFileStore.open()) ?? new MemoryFileStore();
}

/** Replaces a small file. Throws: RepaintError storageFull. */
export async function writeFile(
  store: FileStore,
  folder: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const file = await store.open(folder, name);
  try {
    await file.truncate(0);
    await file.append(bytes);
  } finally {
    await file.close();
  }
}

/** Reads a file of JSON; null when it is absent or damaged. */
export async function readJsonFile(
  store: FileStore,
  folder: string,
  name: string,
): Promise<unknown> {
  const blob = await store.read(folder, name);
  if (!blob) return null;
  try {
    return JSON.parse(await blob.text()) as unknown;
  } catch {
    return null;
  }
}
