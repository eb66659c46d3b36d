/**
 * Models in a file store: a folder each, with the files of a manifest. `model.json` is written last,
 * so that a folder without it is known to be unfinished.
 */
import * as z from 'zod/mini';
import { modelSpeedSchema } from '../../protocol/compute-device.js';
import { RepaintError } from '../../protocol/failure.js';
import { manifestFiles, modelManifestSchema } from '../../protocol/model-card.js';
import type { ModelFile, ModelManifest } from '../../protocol/model-card.js';
import type { OnnxModel, StoredModel } from '../../engine/onnx-model.js';
import type { FileStore } from './file-store.js';
import { readJsonFile, writeFile } from './file-store.js';
import { sha256Hex } from './hasher.js';

const manifestName = 'model.json';

const entrySchema = z.object({
  manifest: modelManifestSchema,
  /** ISO 8601. */
  addedAt: z.string(),
  /** Of an older form: measured anew when the model is used. */
  speed: z.catch(z.nullable(modelSpeedSchema), null),
});

/** What is kept of a model beside its files. */
export type LibraryEntry = z.infer<typeof entrySchema>;

/** Ids of models that come with RePaint Fill. */
export const shippedIds: readonly string[] = ['garden-64'];

type OnnxFiles = Pick<ModelManifest, 'onnx' | 'externalData'>;

/** The manifest in a `model.json`, as it is or in an entry; null for anything else. */
export function manifestIn(json: unknown): ModelManifest | null {
  const entry = entrySchema.safeParse(json);
  if (entry.success) return entry.data.manifest;
  const bare = modelManifestSchema.safeParse(json);
  return bare.success ? bare.data : null;
}

/** Where a model's files lie. */
interface ModelPlace {
  readonly store: FileStore;
  readonly folder: string;
  /** For messages. */
  readonly id: string;
}

async function openFile(place: ModelPlace, { path, sizeBytes }: ModelFile): Promise<Blob> {
  const { store, folder, id } = place;
  const blob = await store.read(folder, path);
  if (blob?.size === sizeBytes) return blob;
  throw new RepaintError(
    'modelHash',
    `The file ${path} of the model "${id}" has ${blob?.size ?? 'no'} bytes, ${sizeBytes} are expected: remove the model and add it again.`,
  );
}

/** The graph is read whole, so it can be checked whole; the platform's own hash is fast. */
async function openGraph(place: ModelPlace, file: ModelFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(await (await openFile(place, file)).arrayBuffer());
  if ((await sha256Hex(bytes)) === file.sha256) return bytes;
  throw new RepaintError(
    'modelHash',
    `The file ${file.path} of the model "${place.id}" is damaged: remove the model and add it again.`,
  );
}

async function openOnnx(place: ModelPlace, { onnx, externalData }: OnnxFiles): Promise<OnnxModel> {
  const graph = await openGraph(place, onnx);
  const blobs = externalData.map(async (file) => ({
    path: file.path,
    data: await openFile(place, file),
  }));
  return { graph, externalData: await Promise.all(blobs) };
}

/** The files of a manifest in a folder of a store. Throws: RepaintError modelHash. */
export async function openModelFiles(
  store: FileStore,
  folder: string,
  manifest: ModelManifest,
): Promise<StoredModel> {
  const place = { store, folder, id: manifest.card.id };
  const onnx = await openOnnx(place, manifest);
  const classifier = manifest.classifier && (await openOnnx(place, manifest.classifier));
  return { manifest, onnx, classifier, storage: store.kind };
}

/** Models of one kind: those added by the user, or those shipped and fetched. */
export class ModelLibrary {
  /** `prefix`: of the folders' names. */
  constructor(
    readonly store: FileStore,
    private readonly _prefix: 'added-' | 'shipped-',
  ) {}

  /** Finished models; those of `damaged` are left out. */
  async list(): Promise<LibraryEntry[]> {
    const entries = await Promise.all((await this._ids()).map((id) => this.find(id)));
    return entries.filter((entry) => entry !== null);
  }

  /**
   * Ids of models whose entry cannot be understood: written by another version, or not by us. They
   * cannot be opened; `remove` frees what they take.
   */
  async damaged(): Promise<string[]> {
    const ids = await this._ids();
    const isDamaged = await Promise.all(
      ids.map(async (id) => (await this.has(id)) && !(await this.find(id))),
    );
    return ids.filter((_, i) => isDamaged[i]);
  }

  /**
   * True for a finished model, also a damaged one: it may be whole for another version. An entry that
   * is no JSON was being written when its worker was killed.
   */
  async has(id: string): Promise<boolean> {
    return (await this._json(id)) !== null;
  }

  /** null when absent, unfinished or damaged. */
  async find(id: string): Promise<LibraryEntry | null> {
    const parsed = entrySchema.safeParse(await this._json(id));
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
  files(manifest: ModelManifest): Promise<StoredModel> {
    return openModelFiles(this.store, this.folder(manifest.card.id), manifest);
  }

  /** Makes room for a new model of that id; what was there before is gone. */
  async begin(id: string): Promise<void> {
    await this.store.remove(this.folder(id));
  }

  /**
   * Appends to a file of a model that is being added; offset 0 begins it anew. Throws: RangeError
   * for an offset beyond what has been written, RepaintError storageFull.
   */
  async write(id: string, path: string, bytes: Uint8Array, offset = 0): Promise<void> {
    const file = await this.store.open(this.folder(id), path);
    try {
      if (offset > file.sizeBytes) {
        throw new RangeError(`${path} has ${file.sizeBytes} bytes; ${offset} is beyond them.`);
      }
      if (file.sizeBytes !== offset) await file.truncate(offset);
      await file.append(bytes);
    } finally {
      await file.close();
    }
  }

  /** Makes the model whole. Throws: RepaintError modelHash when a file is missing or cut. */
  async commit(entry: LibraryEntry): Promise<void> {
    const { card } = entry.manifest;
    const place = { store: this.store, folder: this.folder(card.id), id: card.id };
    for (const file of manifestFiles(entry.manifest)) await openFile(place, file);
    const json = new TextEncoder().encode(JSON.stringify(entry));
    await writeFile(this.store, this.folder(card.id), manifestName, json);
  }

  remove(id: string): Promise<void> {
    return this.store.remove(this.folder(id));
  }

  /** `wanted`, or the first of wanted-2, wanted-3 ... that nothing is called by. */
  async freeId(wanted: string): Promise<string> {
    for (let count = 1; ; count++) {
      const id = count === 1 ? wanted : `${wanted}-${count}`;
      if (!shippedIds.includes(id) && !(await this.has(id))) return id;
    }
  }

  /** Removes what an interrupted import left behind; not while one is running. */
  async sweep(): Promise<void> {
    for (const id of await this._ids()) {
      if (!(await this.has(id))) await this.remove(id);
    }
  }

  folder(id: string): string {
    return `${this._prefix}${id}`;
  }

  private _json(id: string): Promise<unknown> {
    return readJsonFile(this.store, this.folder(id), manifestName);
  }

  private async _ids(): Promise<string[]> {
    const folders = await this.store.folders();
    const own = folders.filter((name) => name.startsWith(this._prefix));
    return own.map((name) => name.slice(this._prefix.length)).sort();
  }
}
