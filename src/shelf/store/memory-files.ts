/** Files in memory, where storage is refused. */
import type { FileEntry, FileStore, PartFile } from './file-store.js';

/** Blobs may lie outside the worker's heap; many small ones would cost more than they hold. */
const foldBytes = 2 ** 23;

/** A Blob of all that has come, and the chunks that came since it was made. */
class MemoryPart implements PartFile {
  private _blob = new Blob();
  private _chunks: Uint8Array<ArrayBuffer>[] = [];
  private _chunkBytes = 0;

  get sizeBytes(): number {
    return this._blob.size + this._chunkBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this._chunks.push(new Uint8Array(bytes));
    this._chunkBytes += bytes.byteLength;
    if (this._chunkBytes >= foldBytes) this.blob();
  }

  async read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.blob().slice(start, end).arrayBuffer());
  }

  async truncate(sizeBytes: number): Promise<void> {
    this._blob = this.blob().slice(0, sizeBytes);
  }

  async close(): Promise<void> {}

  blob(): Blob {
    if (this._chunkBytes > 0) this._blob = new Blob([this._blob, ...this._chunks]);
    this._chunks = [];
    this._chunkBytes = 0;
    return this._blob;
  }
}

export class MemoryFileStore implements FileStore {
  readonly kind = 'memory';
  private readonly _folders = new Map<string, Map<string, MemoryPart>>();

  async folders(): Promise<readonly string[]> {
    return [...this._folders.keys()];
  }

  async files(folder: string): Promise<readonly FileEntry[]> {
    const files = this._folders.get(folder) ?? new Map<string, MemoryPart>();
    return [...files].map(([name, { sizeBytes }]) => ({ name, sizeBytes }));
  }

  async read(folder: string, name: string): Promise<Blob | null> {
    return this._folders.get(folder)?.get(name)?.blob() ?? null;
  }

  async open(folder: string, name: string): Promise<PartFile> {
    const files = this._folders.get(folder) ?? new Map<string, MemoryPart>();
    this._folders.set(folder, files);
    const file = files.get(name) ?? new MemoryPart();
    files.set(name, file);
    return file;
  }

  async remove(folder: string, name?: string): Promise<void> {
    if (name === undefined) this._folders.delete(folder);
    else this._folders.get(folder)?.delete(name);
  }

  async usage(): Promise<null> {
    return null;
  }
}
