/** A file store as tests ask it, on their own thread or through comlink: values in, values out. */
import type { FileEntry, FileStore, PartFile } from '../../../src/shelf/store/file-store.js';
import { RepaintError } from '../../../src/protocol/failure.js';

/** A failure as a value: comlink would drop its code. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

export class StoreProbe {
  constructor(private readonly _open: () => Promise<FileStore>) {}

  async kind(): Promise<FileStore['kind']> {
    return (await this._open()).kind;
  }

  async folders(): Promise<readonly string[]> {
    return (await this._open()).folders();
  }

  async files(folder: string): Promise<readonly FileEntry[]> {
    return (await this._open()).files(folder);
  }

  /** The whole file; null when absent. */
  async content(folder: string, name: string): Promise<Uint8Array | null> {
    const blob = await (await this._open()).read(folder, name);
    return blob && new Uint8Array(await blob.arrayBuffer());
  }

  async remove(folder: string, name?: string): Promise<void> {
    await (await this._open()).remove(folder, name);
  }

  /** Returns: the file's size afterwards, or the failure. */
  async append(
    folder: string,
    name: string,
    pieces: readonly Uint8Array[],
  ): Promise<number | Failure> {
    return this._with(folder, name, async (part) => {
      for (const piece of pieces) await part.append(piece);
      return part.sizeBytes;
    });
  }

  async truncate(folder: string, name: string, sizeBytes: number): Promise<number | Failure> {
    return this._with(folder, name, async (part) => {
      await part.truncate(sizeBytes);
      return part.sizeBytes;
    });
  }

  async range(
    folder: string,
    name: string,
    start: number,
    end: number,
  ): Promise<Uint8Array | Failure> {
    return this._with(folder, name, (part) => part.read(start, end));
  }

  /** Tries a second writer while the first has the file open. */
  async openTwice(folder: string, name: string): Promise<unknown> {
    return this._with(folder, name, () => this.append(folder, name, []));
  }

  /** A second writer while the first ends after `ms`. Returns: the file's size, or the failure. */
  async openAfter(folder: string, name: string, ms: number): Promise<unknown> {
    const first = await (await this._open()).open(folder, name);
    setTimeout(() => void first.close(), ms);
    return this.append(folder, name, [Uint8Array.of(1)]);
  }

  /** Appends bytes that count up, until the worker is killed. */
  async appendForever(
    folder: string,
    name: string,
    onAppended: (sizeBytes: number) => void,
  ): Promise<unknown> {
    return this._with(folder, name, async (part) => {
      for (;;) {
        const at = part.sizeBytes;
        await part.append(Uint8Array.from({ length: 10_000 }, (_, i) => (at + i) % 251));
        onAppended(part.sizeBytes);
        await new Promise((next) => setTimeout(next, 0));
      }
    });
  }

  private async _with<T>(
    folder: string,
    name: string,
    use: (part: PartFile) => Promise<T>,
  ): Promise<T | Failure> {
    try {
      const part = await (await this._open()).open(folder, name);
      try {
        return await use(part);
      } finally {
        await part.close();
      }
    } catch (error) {
      if (!(error instanceof RepaintError)) throw error;
      return { code: error.code, message: error.message };
    }
  }
}
