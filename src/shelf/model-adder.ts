/** One model from its files to the shelf: identified, hashed, described, converted, tried out. */
import { sourceFromBlob } from '../checkpoint/byte-source.js';
import { createHasher } from './store/hasher.js';
import type { LibraryEntry, ModelLibrary } from './store/library.js';
import { expectToFitWasm, OrtWeb } from '../engine/ort-web.js';
import { convertModel, largestInline } from './read/convert-model.js';
import { describeModel } from './read/describe-model.js';
import { identify } from './read/identify.js';
import type { Identified } from './read/identified.js';
import { hashSource, hashWeights } from './read/source-file.js';
import type { SourceFile } from './read/source-file.js';
import type { ModelSpeed } from '../protocol/compute-device.js';
import type { ModelManifest } from '../protocol/model-card.js';
import type {
  AddModelOptions,
  AddModelProgress,
  ModelOrigin,
} from '../protocol/model-shelf-api.js';
import type { Downloads } from './fetch/downloads.js';
import { findRemote } from './fetch/remote-files.js';
import { tryOut } from './try-out.js';

/** Where the worker finds what ships with the add-on: absolute URLs of folders, ending in '/'. */
export interface ShippedFolders {
  readonly ortBaseUrl: string;
  readonly samplesUrl: string;
}

export interface AddJob {
  readonly origin: ModelOrigin;
  readonly options: AddModelOptions;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: AddModelProgress) => void;
}

type Stage = AddModelProgress['stage'];

/** Files as they were dropped, called by their way from the folder if one was. */
export function droppedSources(origin: Extract<ModelOrigin, { kind: 'files' }>): SourceFile[] {
  const { files, paths } = origin;
  return files.map((file, i) => ({ name: paths?.[i] ?? file.name, source: sourceFromBlob(file) }));
}

export class ModelAdder {
  constructor(
    private readonly _library: ModelLibrary,
    private readonly _downloads: Downloads,
    private readonly _folders: ShippedFolders,
  ) {}

  /** Nothing but a download's part is left behind by a failure. Throws: RepaintError. */
  async add(job: AddJob): Promise<LibraryEntry> {
    const { origin, options } = job;
    const { preset, weights = null } = options;
    const identified = await identify(await this._files(job), preset, { weights });
    const entry = await this._make(identified, job).catch(async (error: unknown) => {
      await this._library.remove(options.id);
      throw error;
    });
    // What cannot be removed now is listed as unfinished; the model is whole.
    if (origin.kind !== 'files') await this._downloads.forget(origin).catch(() => undefined);
    return entry;
  }

  private async _files({ origin, signal, onProgress }: AddJob): Promise<SourceFile[]> {
    if (origin.kind === 'files') {
      return droppedSources(origin);
    }
    const model = await findRemote(origin, signal);
    return this._downloads.fetch({
      origin,
      model,
      signal,
      onProgress: (done, total) => onProgress({ stage: 'download', done, total }),
    });
  }

  private async _make(identified: Identified, job: AddJob): Promise<LibraryEntry> {
    const { signal, options } = job;
    const { id, words, isTested } = options;
    const tell = (stage: Stage) => (done: number, total: number) =>
      job.onProgress({ stage, done, total });
    const hash = (file: SourceFile) =>
      hashSource(file, { createHasher, signal, onProgress: tell('read') });
    const { classifier } = identified;
    const card = await describeModel(identified, {
      id,
      words,
      checkpoint: await hashWeights(identified, { createHasher, signal, onProgress: tell('read') }),
      classifierCheckpoint: classifier && (await hash(classifier.weights)),
    });
    const ort = await OrtWeb.start({ ortBaseUrl: this._folders.ortBaseUrl, backend: null });
    try {
      // Better told now than after a long conversion.
      if (!ort.gpu && isTested) expectToFitWasm(4 * card.network.parameters);
      await this._library.begin(id);
      const sink = {
        write: (path: string, bytes: Uint8Array, offset: number) =>
          this._library.write(id, path, bytes, offset),
      };
      const manifest = await convertModel(identified, card, sink, {
        storage: storageFor(ort, identified),
        createHasher,
        signal,
        onProgress: tell('convert'),
      });
      const speed = isTested ? await this._tryOut(ort, manifest, job, tell('test')) : null;
      const entry = { manifest, addedAt: new Date().toISOString(), speed };
      await this._library.commit(entry);
      return entry;
    } finally {
      ort.gpu?.device.destroy();
    }
  }

  private async _tryOut(
    ort: OrtWeb,
    manifest: ModelManifest,
    { signal }: AddJob,
    onProgress: (done: number, total: number) => void,
  ): Promise<ModelSpeed> {
    const { samplesUrl } = this._folders;
    return tryOut(ort, await this._library.files(manifest), { samplesUrl, signal, onProgress });
  }
}

/**
 * Half precision halves the file where the GPU computes in it. Elsewhere a small file stays as it
 * is; a large one is widened now, because ONNX Runtime would widen it in the memory of the page.
 */
function storageFor(ort: OrtWeb, { totalBytes }: Identified): 'float16' | 'float32' | 'asStored' {
  if (ort.gpu?.device.features.has('shader-f16')) return 'float16';
  return totalBytes > largestInline ? 'float32' : 'asStored';
}
