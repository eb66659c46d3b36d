/**
 * Models in a file store: a folder each, with the files of a manifest. `model.json` is written last,
 * so that a folder without it is known to be unfinished.
 */
import { z } from 'zod';
import { RepaintError } from '../../protocol/failure.js';
import { modelManifestSchema } from '../../protocol/model-card.js';
import type { ModelFile, ModelManifest } from '../../protocol/model-card.js';
import type { OnnxModel } from '../onnx-model.js';
import type { FileStore } from './file-store.js';
import { readJsonFile, writeFile } from './file-store.js';
import { sha256Hex } from './hasher.js';

const manifestName = 'model.json';

const entrySchema = z.object({
  manifest: modelManifestSchema,
  /** ISO 8601. */
  addedAt: z.string(),
  speed: z.object({ msPerCall: z.number(), device: z.string() }).nullable(),
});

/** What is kept of a model beside its files. */
export type LibraryEntry = z.infer<typeof entrySchema>;

/** A model whose files are at hand. */
export interface StoredModel {
  readonly manifest: ModelManifest;
  readonly onnx: OnnxModel;
  /** 'opfs' when the files came from, or went to, persistent storage. */
  readonly storage: 'opfs' | 'memory';
}

/** Models of one kind: those added by the user, or those shipped and fetched. */
export class ModelLibrary {
  /** `prefix`: of the folders' names. */
  constructor(
    readonly store: FileStore,
    private readonly _prefix: 'added-' | 'shipped-',
  ) {}

  /** Finished models; a damaged entry is left out. */
  async list(): Promise<LibraryEntry[]> {
    const entries = await Promise.all((await this._ids()).map((id) => this.find(id)));
    return entries.filter((entry) => entry !== null);
  }

  /** null when absent, unfinished or damaged. */
  async find(id: string): Promise<LibraryEntry | null> {
    const json = await readJsonFile(this.store, this.folder(id), manifestName);
    const parsed = entrySchema.safeParse(json);
    return parsed.success && parsed.data.manifest.card.id === id ? parsed.data : null;
  }

  /** Throws: RepaintError modelUnknown when absent, modelHash when a file is missing or cut. */
  async open(id: string): Promise<StoredModel> {
    const entry = await this.find(id);
    if (!entry) {
      throw new RepaintError('modelUnknown', `There is no model "${id}" here: add it again.`);
    }
    return this.files(entry.manifest);
  }

  /** The files of a model, finished or not. Throws: RepaintError modelHash. */
  async files(manifest: ModelManifest): Promise<StoredModel> {
    const { id } = manifest.card;
    const graph = await this._graph(id, manifest.onnx);
    const externalData = await Promise.all(
      manifest.externalData.map(async (file) => ({
        path: file.path,
        data: await this._file(id, file),
      })),
    );
    const onnx = { graph, externalData };
    return { manifest, onnx, storage: this.store.kind };
  }

  /** Makes room for a new model of that id; what was there before is gone. */
  async begin(id: string): Promise<void> {
    await this.store.remove(this.folder(id));
  }

  /** Appends to a file of a model that is being added. Throws: RepaintError storageFull. */
  async write(id: string, path: string, bytes: Uint8Array, offset = 0): Promise<void> {
    const file = await this.store.open(this.folder(id), path);
    try {
      if (file.sizeBytes !== offset) await file.truncate(offset);
      await file.append(bytes);
    } finally {
      await file.close();
    }
  }

  /** Makes the model whole. */
  async commit(entry: LibraryEntry): Promise<void> {
    const json = new TextEncoder().encode(JSON.stringify(entry));
    await writeFile(this.store, this.folder(entry.manifest.card.id), manifestName, json);
  }

  remove(id: string): Promise<void> {
    return this.store.remove(this.folder(id));
  }

  /** Removes what an interrupted import left behind; not while one is running. */
  async sweep(): Promise<void> {
    for (const id of await this._ids()) {
      if ((await this.store.read(this.folder(id), manifestName)) === null) await this.remove(id);
    }
  }

  folder(id: string): string {
    return `${this._prefix}${id}`;
  }

  private async _ids(): Promise<string[]> {
    const folders = await this.store.folders();
    const own = folders.filter((name) => name.startsWith(this._prefix));
    return own.map((name) => name.slice(this._prefix.length)).sort();
  }

  /** The graph is read whole, so it can be checked whole; the browser's own hash is fast. */
  private async _graph(id: string, file: ModelFile): Promise<Uint8Array> {
    const bytes = new Uint8Array(await (await this._file(id, file)).arrayBuffer());
    if ((await sha256Hex(bytes)) === file.sha256) return bytes;
    throw new RepaintError(
      'modelHash',
      `The file ${file.path} of the model "${id}" is damaged: remove the model and add it again.`,
    );
  }

  private async _file(id: string, { path, sizeBytes }: ModelFile): Promise<Blob> {
    const blob = await this.store.read(this.folder(id), path);
    if (blob?.size === sizeBytes) return blob;
    throw new RepaintError(
      'modelHash',
      `The file ${path} of the model "${id}" has ${blob?.size ?? 'no'} bytes, ${sizeBytes} are expected: remove the model and add it again.`,
    );
  }
}

