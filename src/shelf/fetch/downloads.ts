/** Downloads of models: a folder each, that survives a cancel, a crash and a closed panel. */
import * as z from 'zod/mini';
import { sourceFromBlob } from '../../checkpoint/byte-source.js';
import { download } from './download.js';
import { type FileStore, readJsonFile, writeFile } from '../store/file-store.js';
import type { RemoteModel } from './hub.js';
import type { RemoteFile } from './remote-file.js';
import type { SourceFile } from '../read/source-file.js';
import { kebabId } from '../read/words.js';
import { originText, type RemoteOrigin } from '../../protocol/hub-address.js';
import { RepaintError } from '../../protocol/failure.js';
import type { UnfinishedDownload } from '../../protocol/model-shelf-api.js';
import { isJson, sourcesOf } from './remote-files.js';

const prefix = 'download-';
const stateName = 'state.json';

const stateSchema = z.object({
  origin: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('hub'), repo: z.string() }),
    z.object({ kind: z.literal('url'), url: z.string() }),
  ]),
  totalBytes: z.nullable(z.number()),
  /** Of the servers' copies, by file. */
  validators: z.record(z.string(), z.nullable(z.string())),
});
type State = z.infer<typeof stateSchema>;

export interface DownloadModelOptions {
  readonly origin: RemoteOrigin;
  readonly model: RemoteModel;
  readonly signal: AbortSignal;
  readonly onProgress: (loadedBytes: number, totalBytes: number | null) => void;
}

export class Downloads {
  constructor(private readonly _store: FileStore) {}

  async list(): Promise<UnfinishedDownload[]> {
    const folders = (await this._store.folders()).filter((name) => name.startsWith(prefix));
    const found = await Promise.all(folders.map((folder) => this._unfinished(folder)));
    return found.filter((one) => one !== null);
  }

  /** True when `id` is one of `list`'s; a model's may begin like one. */
  async owns(id: string): Promise<boolean> {
    return id.startsWith(prefix) && (await this._store.folders()).includes(id);
  }

  remove(id: string): Promise<void> {
    return this._store.remove(id);
  }

  /** Forgets the files of an origin, once they have become a model. */
  forget(origin: RemoteOrigin): Promise<void> {
    return this._store.remove(this._folder(origin));
  }

  /** Throws: RepaintError modelFetch, modelHash, storageFull, cancelled; what came is kept. */
  async fetch(options: DownloadModelOptions): Promise<SourceFile[]> {
    const { origin, model, signal } = options;
    const large = [model.weights, ...model.companions].filter((file) => !isJson(file));
    const total = totalOf(large);
    await this._expectRoom(origin, total);
    const state = await this._begin(origin, total);
    const queue = new DownloadQueue(this._store, this._folder(origin), state, options, total);
    return sourcesOf(model, signal, (file) => queue.fetch(file));
  }

  private _folder(origin: RemoteOrigin): string {
    return `${prefix}${kebabId(originText(origin))}`;
  }

  private async _begin(origin: RemoteOrigin, totalBytes: number | null): Promise<State> {
    const folder = this._folder(origin);
    const known = stateSchema.safeParse(await readJsonFile(this._store, folder, stateName));
    const isSame = known.success && originText(known.data.origin) === originText(origin);
    if (!isSame) await this._store.remove(folder);
    const validators = isSame ? known.data.validators : {};
    const state = { origin, totalBytes, validators };
    await writeState(this._store, folder, state);
    return state;
  }

  /** Better told before an hour of downloading than after. */
  private async _expectRoom(origin: RemoteOrigin, total: number | null): Promise<void> {
    const usage = await this._store.usage();
    if (!usage || total === null) return;
    const kept = await this._bytesIn(this._folder(origin));
    // The download and the model made of it lie side by side for a while.
    const needed = total - kept + total;
    const free = usage.quotaBytes - usage.usedBytes;
    if (needed <= free) return;
    throw new RepaintError(
      'storageFull',
      `This model needs ${megabytes(needed)} while it is added, ${megabytes(free)} are free. Remove a model or free space on this machine.`,
    );
  }

  private async _bytesIn(folder: string): Promise<number> {
    const files = await this._store.files(folder);
    const sizes = files.filter(({ name }) => name !== stateName).map((file) => file.sizeBytes);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  private async _unfinished(folder: string): Promise<UnfinishedDownload | null> {
    const state = stateSchema.safeParse(await readJsonFile(this._store, folder, stateName));
    if (!state.success) return null;
    const { origin, totalBytes } = state.data;
    return { id: folder, origin, totalBytes, loadedBytes: await this._bytesIn(folder) };
  }
}

/** The files of one model, downloaded in turn, their progress added up. */
class DownloadQueue {
  private _done = 0;

  constructor(
    private readonly _store: FileStore,
    private readonly _folder: string,
    private readonly _state: State,
    private readonly _options: DownloadModelOptions,
    private readonly _total: number | null,
  ) {}

  async fetch(file: RemoteFile): Promise<SourceFile> {
    const { signal, onProgress } = this._options;
    const part = await this._store.open(this._folder, file.name);
    try {
      await download({
        file,
        part,
        signal,
        validator: this._state.validators[file.name] ?? null,
        onValidator: (validator) => this._note(file.name, validator),
        onProgress: (loaded, total) =>
          onProgress(this._done + loaded, this._total ?? (total && this._done + total)),
      });
      this._done += part.sizeBytes;
    } finally {
      await part.close();
    }
    const blob = await this._store.read(this._folder, file.name);
    if (!blob) throw new RepaintError('internal', `${file.name} is gone after its download.`);
    return { name: file.name, source: sourceFromBlob(blob) };
  }

  private _note(name: string, validator: string | null): Promise<void> {
    this._state.validators[name] = validator;
    return writeState(this._store, this._folder, this._state);
  }
}

function writeState(store: FileStore, folder: string, state: State): Promise<void> {
  return writeFile(store, folder, stateName, new TextEncoder().encode(JSON.stringify(state)));
}

function totalOf(files: readonly RemoteFile[]): number | null {
  return files.reduce<number | null>(
    (sum, { sizeBytes }) => (sum === null || sizeBytes === null ? null : sum + sizeBytes),
    0,
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(Math.max(0, bytes) / 1e6)} MB`;
}
