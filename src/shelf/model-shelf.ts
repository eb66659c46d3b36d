/** The shelf of models that the user has added: `ModelShelfApi` over the file store. */
import { sourceFromBlob } from '../checkpoint/byte-source.js';
import { toEngineError } from '../engine/engine-error.js';
import type { FileStore } from './store/file-store.js';
import { ModelLibrary, type LibraryEntry } from './store/library.js';
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
import {
  ModelAdder,
  type AddingMachine,
  type AddJob,
  type GivenAnswers,
  type SourceOrigin,
} from './model-adder.js';
import { findRemote, hintsOf, lookSources } from './fetch/remote-files.js';
import { throttled } from './throttled.js';

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

/** Runs `action` while nobody else adds to the same store, `otherwise` while somebody does. */
export type WhileAlone = <T>(
  action: () => Promise<T>,
  otherwise: () => Promise<T>,
  options: { readonly patienceMs: number },
) => Promise<T>;

/** What differs between the panel's worker and the command line. */
export interface ShelfPorts {
  readonly openStore: () => Promise<FileStore>;
  readonly openMachine: () => Promise<AddingMachine>;
  readonly whileAlone: WhileAlone;
}

export class ModelShelf implements ModelShelfApi {
  private readonly _parts: Promise<Parts>;
  private _adding: AbortController | null = null;

  constructor(private readonly _ports: ShelfPorts) {
    this._parts = _ports.openStore().then((store) => ({
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
        await this._ports.whileAlone(
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

  look(
    origin: ModelOrigin | SourceOrigin,
    answers: GivenAnswers = { preset: null },
  ): Promise<Outcome<ModelLook>> {
    return outcome('The files could not be read', async () => {
      const { files, hints } = await lookAt(sourceOrigin(origin));
      const { preset, beside = [], hints: given = {} } = answers;
      const words = { ...hints, ...given };
      const found = await identify([...files, ...beside], preset, { ...answers, words });
      const { weights, totalBytes, nativeSize, classCount, findings, questions } = found;
      const id = await (await this._parts).library.freeId(found.id);
      const look = { words: found.words, totalBytes, nativeSize, classCount, findings, questions };
      return { id, weights: weights.name, ...look };
    });
  }

  add(
    origin: ModelOrigin | SourceOrigin,
    options: AddModelOptions & GivenAnswers,
    onProgress: (progress: AddModelProgress) => void,
  ): Promise<Outcome<ShelfModel>> {
    return outcome('The model could not be added', async () => {
      if (this._adding) return refuseSecond();
      const { signal } = (this._adding = new AbortController());
      const told = throttled(onProgress, progressEveryMs);
      const job = { origin: sourceOrigin(origin), options, signal, onProgress: told };
      try {
        return await this._ports.whileAlone(() => this._add(job), refuseSecond, {
          patienceMs: lockPatienceMs,
        });
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
    const id = await library.freeId(job.options.id);
    const adder = new ModelAdder(library, downloads, this._ports.openMachine);
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
    if (library.store.kind !== 'memory') return { kind: 'stored', id };
    const files = await Promise.all(
      manifestFiles(manifest).map(async ({ path }) => ({
        path,
        data: (await library.store.read(library.folder(id), path)) ?? new Blob(),
      })),
    );
    return { kind: 'files', manifest, files };
  }
}

/** Files are read where they lie, called by their way from the folder if one was dropped. */
function sourceOrigin(origin: ModelOrigin | SourceOrigin): SourceOrigin {
  if (origin.kind !== 'files') return origin;
  const paths = 'paths' in origin ? origin.paths : undefined;
  const files = origin.files.map((file, i) =>
    file instanceof Blob ? { name: paths?.[i] ?? file.name, source: sourceFromBlob(file) } : file,
  );
  return { kind: 'files', files };
}

async function lookAt(origin: SourceOrigin) {
  if (origin.kind === 'files') return { files: origin.files, hints: {} };
  const { signal } = new AbortController();
  const model = await findRemote(origin, signal);
  return { files: await lookSources(model, signal), hints: hintsOf(model, origin) };
}

async function refuseSecond(): Promise<never> {
  throw new RepaintError(
    'badRequest',
    'Another model is being added, here or in another window: wait until it is done.',
  );
}
