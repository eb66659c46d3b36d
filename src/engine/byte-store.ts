/**
 * Keeps model files between visits. The add-on's iframe may refuse storage at any moment, so
 * every failure here means "not kept", never "no model".
 */

/** Bytes by name. */
export interface ByteStore {
  readonly kind: 'opfs' | 'memory';
  /** null when absent or unreadable. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Answers whether the bytes were kept. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean>;
}

/** Keeps bytes as long as the worker lives. */
export class MemoryByteStore implements ByteStore {
  readonly kind = 'memory';
  private readonly _files = new Map<string, Uint8Array<ArrayBuffer>>();

  read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return Promise.resolve(this._files.get(name) ?? null);
  }

  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    this._files.set(name, bytes);
    return Promise.resolve(true);
  }
}

/** Keeps bytes in the origin private file system. */
export class OpfsByteStore implements ByteStore {
  readonly kind = 'opfs';

  private constructor(private readonly _folder: FileSystemDirectoryHandle) {}

  /** null when the frame may not use storage. */
  static async open(folderName: string): Promise<OpfsByteStore | null> {
    try {
      const root = await navigator.storage.getDirectory();
      return new OpfsByteStore(await root.getDirectoryHandle(folderName, { create: true }));
    } catch {
      return null;
    }
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      const file = await (await this._folder.getFileHandle(name)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    } catch {
      return null;
    }
  }

  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    try {
      const handle = await this._folder.getFileHandle(name, { create: true });
      const stream = await handle.createWritable();
      await stream.write(bytes);
      await stream.close();
      return true;
    } catch {
      await this._folder.removeEntry(name).catch(() => undefined);
      return false;
    }
  }
}

/** Opens the best store there is. */
export async function openByteStore(): Promise<ByteStore> {
  return (await OpfsByteStore.open('models')) ?? new MemoryByteStore();
}
