/** Gets the files of the model to fill with: from the shelf, from the panel, or from the add-on. */
import type { StoredModel } from '../../engine/onnx-model.js';
import { RepaintError } from '../../protocol/failure.js';
import {
  manifestBytes,
  manifestFiles,
  modelManifestSchema,
  type ModelFile,
  type ModelManifest,
} from '../../protocol/model-card.js';
import type { ModelSource } from '../../protocol/model-shelf-api.js';
import { download } from '../fetch/download.js';
import type { FileStore } from './file-store.js';
import { expectShipped, ModelLibrary } from './library.js';
import { MemoryFileStore } from './memory-files.js';
import { fetchSmall } from '../fetch/request.js';

export type LoadProgress = (loadedBytes: number, totalBytes: number) => void;

const maxManifestBytes = 2 ** 22;
const neverAborted = new AbortController().signal;

/** Throws: RepaintError modelFetch when absent or not a manifest. */
async function fetchManifest(url: string): Promise<ModelManifest> {
  const bytes = await fetchSmall(url, maxManifestBytes, neverAborted);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new RepaintError('modelFetch', `${url} is not JSON.`, { cause });
  }
  const parsed = modelManifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RepaintError(
    'modelFetch',
    `${url} is not a model manifest: ${issue.path.join('.')}: ${issue.message}.`,
  );
}

/** True when both name the same files with the same content. */
function hasSameFiles(a: ModelManifest, b: ModelManifest): boolean {
  const names = (manifest: ModelManifest) =>
    manifestFiles(manifest)
      .map(({ path, sha256 }) => `${path} ${sha256}`)
      .join();
  return names(a) === names(b);
}

/** Fetches the files of a shipped model into its folder, going on where an earlier visit stopped. */
class ShippedModel {
  private readonly _library: ModelLibrary;
  private _done = 0;

  constructor(
    private readonly _store: FileStore,
    private readonly _url: string,
    private readonly _manifest: ModelManifest,
    private readonly _onProgress: LoadProgress,
  ) {
    this._library = new ModelLibrary(_store, 'shipped-');
  }

  async load(): Promise<StoredModel> {
    const { id } = this._manifest.card;
    const kept = await this._library.find(id);
    if (!kept || !hasSameFiles(kept.manifest, this._manifest)) await this._fetch(id);
    try {
      const model = await this._library.open(id);
      return { ...model, manifest: this._manifest };
    } catch (error) {
      if (!(error instanceof RepaintError) || error.code !== 'modelHash') throw error;
      await this._library.remove(id);
      await this._fetch(id);
      return { ...(await this._library.open(id)), manifest: this._manifest };
    }
  }

  private async _fetch(id: string): Promise<void> {
    await this._forgetOthers(id);
    this._onProgress(0, manifestBytes(this._manifest));
    for (const file of manifestFiles(this._manifest)) await this._download(id, file);
    const addedAt = new Date().toISOString();
    await this._library.commit({ manifest: this._manifest, addedAt, speed: null });
  }

  /** What was kept of another version has another hash, and is fetched afresh. */
  private async _download(id: string, { path, sizeBytes, sha256 }: ModelFile): Promise<void> {
    const part = await this._store.open(this._library.folder(id), path);
    const total = manifestBytes(this._manifest);
    try {
      await download({
        file: { name: path, urls: [new URL(path, this._url).href], sizeBytes, sha256 },
        part,
        validator: null,
        onValidator: async () => undefined,
        signal: neverAborted,
        onProgress: (loaded) => this._onProgress(Math.min(this._done + loaded, total), total),
      });
      this._done += sizeBytes;
    } finally {
      await part.close();
    }
  }

  /** Files of versions that are not shipped any more. */
  private async _forgetOthers(id: string): Promise<void> {
    const paths = manifestFiles(this._manifest).map(({ path }) => path);
    for (const { name } of await this._store.files(this._library.folder(id))) {
      if (!paths.includes(name)) await this._store.remove(this._library.folder(id), name);
    }
  }
}

/** Offline, what was kept is as good as what is not to be had. Throws: `error` where nothing was. */
async function keptManifest(store: FileStore, url: string, error: unknown): Promise<ModelManifest> {
  const isMissing = error instanceof RepaintError && error.code === 'modelFetch';
  const kept = isMissing ? await new ModelLibrary(store, 'shipped-').list() : [];
  // A shipped model lies in a folder that has its id as name.
  const found = kept.find(({ manifest }) => url.endsWith(`/${manifest.card.id}/model.json`));
  if (found) return found.manifest;
  throw error;
}

async function loadShipped(
  url: string,
  store: FileStore,
  onProgress: LoadProgress,
): Promise<StoredModel> {
  const manifest = await fetchManifest(url).catch((error: unknown) =>
    keptManifest(store, url, error),
  );
  expectShipped(manifest);
  try {
    return await new ShippedModel(store, url, manifest, onProgress).load();
  } catch (error) {
    // Storage that is full or taken by another window is no reason not to fill.
    const isStorage =
      error instanceof DOMException ||
      (error instanceof RepaintError && ['storageFull', 'internal'].includes(error.code));
    if (!isStorage || store.kind === 'memory') throw error;
    return new ShippedModel(new MemoryFileStore(), url, manifest, onProgress).load();
  }
}

async function loadFiles({
  manifest,
  files,
}: Extract<ModelSource, { kind: 'files' }>): Promise<StoredModel> {
  const find = ({ path }: ModelFile): Blob => {
    const found = files.find((file) => file.path === path);
    if (found) return found.data;
    throw new RepaintError('modelHash', `The model's file ${path} is missing; add it again.`);
  };
  const open = async ({ onnx, externalData }: Pick<ModelManifest, 'onnx' | 'externalData'>) => ({
    graph: new Uint8Array(await find(onnx).arrayBuffer()),
    externalData: externalData.map((file) => ({ path: file.path, data: find(file) })),
  });
  const classifier = manifest.classifier && (await open(manifest.classifier));
  return { manifest, onnx: await open(manifest), classifier, storage: 'memory' };
}

/**
 * Loads a model. A shipped one is fetched once and kept.
 * Throws: RepaintError modelFetch, modelHash (bytes are not the manifest's), modelUnknown.
 */
export async function loadModel(
  source: ModelSource,
  store: FileStore,
  onProgress: LoadProgress,
): Promise<StoredModel> {
  switch (source.kind) {
    case 'shipped':
      return loadShipped(source.manifestUrl, store, onProgress);
    case 'stored':
      return new ModelLibrary(store, 'added-').open(source.id);
    case 'files':
      return loadFiles(source);
  }
  return source satisfies never;
}
