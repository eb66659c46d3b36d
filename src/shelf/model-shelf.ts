/** The shelf of models that the user has added: `ModelShelfApi` over the file store. */
import { toEngineError } from '../engine/engine-error.js';
import { openFileStore } from './store/file-store.js';
import { ModelLibrary } from './store/library.js';
import type { LibraryEntry } from './store/library.js';
import { identify } from './read/identify.js';
import { asImportError, expectNotCancelled } from './read/unusable.js';
import { RepaintError } from '../protocol/failure.js';
import { manifestBytes, manifestFiles } from '../protocol/model-card.js';
import type {
  AddModelOptions,
  AddModelProgress,
  ModelLook,
  ModelOrigin,
  ModelShelfApi,
  ModelSource,
  Outcome,
  Shelf,
  ShelfModel,
} from '../protocol/model-shelf-api.js';
import { Downloads } from './fetch/downloads.js';
import { whileAlone } from './store/lock.js';
import { droppedSources, ModelAdder } from './model-adder.js';
import type { AddJob, ShippedFolders } from './model-adder.js';
import { findRemote, hintsOf, lookSources } from './fetch/remote-files.js';
import { throttled } from './throttled.js';

/** Ids of models that come with the add-on. */
const shippedIds: readonly string[] = ['garden-64'];
const progressEveryMs = 100;

/** A worker that was stopped keeps its lock for a moment; so does a window that is closing. */
const lockPatienceMs = 3000;

/** `what`: the sentence for failures that nobody explained. */
async function outcome<T>(what: string, action: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { isOk: true, value: await action() };
  } catch (error) {
    const { code, message } = toEngineError(asImportError(error), what);
    return { isOk: false, code, message };
  }
}

interface Parts {
  readonly library: ModelLibrary;
  readonly downloads: Downloads;
}

export class ModelShelf implements ModelShelfApi {
  private readonly _parts: Promise<Parts>;
  private _adding: AbortController | null = null;

  constructor(private readonly _folders: ShippedFolders) {
    this._parts = openFileStore().then((store) => ({
      library: new ModelLibrary(store, 'added-'),
      downloads: new Downloads(store),
    }));
    // Told by the first call.
    this._parts.catch(() => undefined);
  }

  read(): Promise<Outcome<Shelf>> {
    return outcome('The models could not be read', async () => {
      const { library, downloads } = await this._parts;
      // Asked here too: a frame without locks is told that it is alone.
      if (!this._adding) {
        await whileAlone(
          () => library.sweep(),
          async () => undefined,
          { patienceMs: 0 },
        );
      }
      const entries = await library.list();
      return {
        storage: library.store.kind,
        models: await Promise.all(entries.map((entry) => this._shown(entry))),
        unfinished: this._adding ? [] : await downloads.list(),
        damaged: await library.damaged(),
        usage: await library.store.usage(),
      };
    });
  }

  look(origin: ModelOrigin): Promise<Outcome<ModelLook>> {
    return outcome('The files could not be read', async () => {
      const { files, hints } = await lookAt(origin);
      const found = await identify(files, null, { words: hints });
      const { words, weights, totalBytes, nativeSize, classCount, findings, questions } = found;
      const id = await this._freeId(found.id);
      const look = { words, totalBytes, nativeSize, classCount, findings, questions };
      return { id, weights: weights.name, ...look };
    });
  }

  add(
    origin: ModelOrigin,
    options: AddModelOptions,
    onProgress: (progress: AddModelProgress) => void,
  ): Promise<Outcome<ShelfModel>> {
    return outcome('The model could not be added', async () => {
      if (this._adding) return refuseSecond();
      const { signal } = (this._adding = new AbortController());
      const job = { origin, options, signal, onProgress: throttled(onProgress, progressEveryMs) };
      try {
        return await whileAlone(() => this._add(job), refuseSecond, { patienceMs: lockPatienceMs });
      } finally {
        this._adding = null;
      }
    });
  }

  async cancel(): Promise<void> {
    this._adding?.abort();
  }

  remove(id: string): Promise<Outcome<null>> {
    return outcome('The model could not be removed', async () => {
      const { library, downloads } = await this._parts;
      if (await downloads.owns(id)) await downloads.remove(id);
      else await library.remove(id);
      return null;
    });
  }

  private async _add(job: AddJob): Promise<ShelfModel> {
    expectNotCancelled(job.signal);
    const { library, downloads } = await this._parts;
    const id = await this._freeId(job.options.id);
    const adder = new ModelAdder(library, downloads, this._folders);
    return this._shown(await adder.add({ ...job, options: { ...job.options, id } }));
  }

  private async _shown({ manifest, addedAt, speed }: LibraryEntry): Promise<ShelfModel> {
    const source = await this._source(manifest);
    return { manifest, source, sizeBytes: manifestBytes(manifest), addedAt, speed };
  }

  /** Files in memory go with the answer: a fill's worker cannot reach them here. */
  private async _source(manifest: LibraryEntry['manifest']): Promise<ModelSource> {
    const { library } = await this._parts;
    const { id } = manifest.card;
    if (library.store.kind === 'opfs') return { kind: 'stored', id };
    const files = await Promise.all(
      manifestFiles(manifest).map(async ({ path }) => ({
        path,
        data: (await library.store.read(library.folder(id), path)) ?? new Blob(),
      })),
    );
    return { kind: 'files', manifest, files };
  }

  private async _freeId(wanted: string): Promise<string> {
    const { library } = await this._parts;
    for (let count = 1; ; count++) {
      const id = count === 1 ? wanted : `${wanted}-${count}`;
      const isTaken = shippedIds.includes(id) || (await library.has(id));
      if (!isTaken) return id;
    }
  }
}

async function lookAt(origin: ModelOrigin) {
  if (origin.kind === 'files') {
    return { files: droppedSources(origin), hints: {} };
  }
  const { signal } = new AbortController();
  const model = await findRemote(origin, signal);
  return { files: await lookSources(model, signal), hints: hintsOf(model) };
}

async function refuseSecond(): Promise<never> {
  throw new RepaintError(
    'badRequest',
    'Another model is being added, here or in another window: wait until it is done.',
  );
}
