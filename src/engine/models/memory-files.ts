/** Files in memory, where storage is refused. */
import type { FileEntry, FileStore, PartFile } from './file-store.js';

/** Chunks as they came; joined by a Blob only when read. */
class MemoryPart implements PartFile {
  private readonly _chunks: Uint8Array<ArrayBuffer>[] = [];
  sizeBytes = 0;

  async append(bytes: Uint8Array): Promise<void> {
    this._chunks.push(new Uint8Array(bytes));
    this.sizeBytes += bytes.byteLength;
  }

  async read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.blob().slice(start, end).arrayBuffer());
  }

  async truncate(sizeBytes: number): Promise<void> {
    const kept = await this.read(0, sizeBytes);
    this._chunks.length = 0;
    this.sizeBytes = 0;
    if (kept.byteLength > 0) await this.append(kept);
  }

  async close(): Promise<void> {}

  blob(): Blob {
    return new Blob(this._chunks);
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
