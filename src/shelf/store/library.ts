/**
 * Models in a file store: a folder each, with the files of a manifest. `model.json` is written last,
 * so that a folder without it is known to be unfinished.
 */
import * as z from 'zod/mini';
import { modelSpeedSchema } from '../../protocol/compute-device.js';
import { RepaintError } from '../../protocol/failure.js';
import { sha256Hex } from '../../protocol/sha256.js';
import {
  manifestFiles,
  modelManifestSchema,
  shippedIds,
  type ModelFile,
  type ModelManifest,
} from '../../protocol/model-card.js';
import type { OnnxModel, StoredModel } from '../../engine/onnx-model.js';
import { type FileStore, readJsonFile, writeFile } from './file-store.js';

const manifestName = 'model.json';
const jsonEnd = '}';

const entrySchema = z.strictObject({
  manifest: modelManifestSchema,
  /** ISO 8601. */
  addedAt: z.string(),
  /** Of an older form: measured anew when the model is used. */
  speed: z.catch(z.nullable(modelSpeedSchema), null),
  /** SHA-256 of the rest as JSON; entries of an older form have none. */
  seal: z.optional(z.string()),
});

/** What is kept of a model beside its files. */
export type LibraryEntry = Omit<z.infer<typeof entrySchema>, 'seal'>;

const jsonBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** An entry as it was written; null for anything else, be it changed by a single bit. */
async function entryIn(json: unknown): Promise<LibraryEntry | null> {
  const parsed = entrySchema.safeParse(json);
  if (!parsed.success) return null;
  const { seal, ...entry } = parsed.data;
  if (seal === undefined) return entry;
  const written = { ...(json as object), seal: undefined };
  return seal === (await sha256Hex(jsonBytes(written))) ? entry : null;
}

/** By id, as the build found them: the card's checkpoint, then each file. Without a build, unknown. */
declare const __SHIPPED_HASHES__: Readonly<Record<string, readonly string[]>> | undefined;

/**
 * Holds a shipped model to what this build was made with: its own manifest would vouch for anything.
 * Throws: RepaintError modelHash when its card or its files are others.
 */
export function expectShipped(manifest: ModelManifest): void {
  if (typeof __SHIPPED_HASHES__ === 'undefined') return;
  const { id, checkpoint } = manifest.card;
  const found = [checkpoint, ...manifestFiles(manifest)].map(({ sha256 }) => sha256);
  const expected = __SHIPPED_HASHES__[id] ?? [];
  if (expected.join() === found.join()) return;
  throw new RepaintError(
    'modelHash',
    `The weights of the model "${id}" are not those that RePaint Fill was built with ` +
      `(SHA-256 ${found.join(', ')}, not ${expected.join(', ') || 'known'}): install it again.`,
  );
}

type OnnxFiles = Pick<ModelManifest, 'onnx' | 'externalData'>;

/** The manifest in a `model.json`, as it is or in an entry; null for anything else. */
export async function manifestIn(json: unknown): Promise<ModelManifest | null> {
  const entry = await entryIn(json);
  if (entry) return entry.manifest;
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

/** Throws: RepaintError modelHash when the bytes are not those that were written. */
async function openChecked(place: ModelPlace, file: ModelFile) {
  const blob = await openFile(place, file);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  if ((await sha256Hex(bytes)) === file.sha256) return { blob, bytes };
  throw new RepaintError(
    'modelHash',
    `The file ${file.path} of the model "${place.id}" is damaged: remove the model and add it again.`,
  );
}

/** Weights beside the graph are read one file at a time, and not kept in memory. */
async function openOnnx(place: ModelPlace, { onnx, externalData }: OnnxFiles): Promise<OnnxModel> {
  const { bytes: graph } = await openChecked(place, onnx);
  const beside: { path: string; data: Blob }[] = [];
  for (const file of externalData) {
    beside.push({ path: file.path, data: (await openChecked(place, file)).blob });
  }
  return { graph, externalData: beside };
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
   * True for a finished model, also a damaged one: it may be whole for another version. An entry
   * without its end was being written when its worker was killed.
   */
  async has(id: string): Promise<boolean> {
    const entry = await this.store.read(this.folder(id), manifestName);
    return (await entry?.text())?.trimEnd().endsWith(jsonEnd) === true;
  }

  /** null when absent, unfinished or damaged. */
  async find(id: string): Promise<LibraryEntry | null> {
    const entry = await entryIn(await this._json(id));
    return entry?.manifest.card.id === id ? entry : null;
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
    const json = jsonBytes({ ...entry, seal: await sha256Hex(jsonBytes(entry)) });
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
