/** One model from its files to the shelf: identified, hashed, described, converted, tried out. */
import type { WeightStorage } from '../checkpoint/onnx/write-model.js';
import type { StoredModel } from '../engine/onnx-model.js';
import type { ModelSpeed } from '../protocol/compute-device.js';
import type { RemoteOrigin } from '../protocol/hub-address.js';
import type { ModelManifest } from '../protocol/model-card.js';
import type {
  AddModelOptions,
  AddModelProgress,
  ModelAnswers,
  ModelWords,
} from '../protocol/model-shelf-api.js';
import type { Downloads } from './fetch/downloads.js';
import { findRemote } from './fetch/remote-files.js';
import { convertModel } from './read/convert-model.js';
import { describeModel } from './read/describe-model.js';
import { identify } from './read/identify.js';
import type { Identified } from './read/identified.js';
import { hashSource, hashWeights, type SourceFile } from './read/source-file.js';
import type { Hasher } from './store/hasher.js';
import type { LibraryEntry, ModelLibrary } from './store/library.js';
import type { TryOutOptions } from './try-out.js';

/** Where the network of a new model runs, and how its files are stored for that. */
export interface AddingMachine {
  createHasher(): Hasher;
  storageFor(identified: Identified): WeightStorage;
  /** Throws: RepaintError outOfMemory for a network of more values than fit here. */
  expectToFit(parameters: number): void;
  /**
   * Runs the self-test. Returns: what a call takes, null where it is not kept.
   * Throws: RepaintError selfTestFailed, outOfMemory, modelShape, deviceLost, cancelled.
   */
  tryOut(model: StoredModel, options: TryOutOptions): Promise<ModelSpeed | null>;
  close(): void;
}

/** Files that are at hand, or where to download them. */
export type SourceOrigin =
  | { readonly kind: 'files'; readonly files: readonly SourceFile[] }
  | RemoteOrigin;

/** Answers of a person, and what was given beside the origin. */
export interface GivenAnswers extends ModelAnswers {
  /** Takes the place of what the origin has of that kind. */
  readonly beside?: readonly SourceFile[];
  /** Words that are known from elsewhere. */
  readonly hints?: Partial<ModelWords>;
}

export interface AddJob {
  readonly origin: SourceOrigin;
  readonly options: AddModelOptions & GivenAnswers;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: AddModelProgress) => void;
}

export class ModelAdder {
  constructor(
    private readonly _library: ModelLibrary,
    private readonly _downloads: Downloads,
    private readonly _openMachine: () => Promise<AddingMachine>,
  ) {}

  /** Nothing but a download's part is left behind by a failure. Throws: RepaintError. */
  async add(job: AddJob): Promise<LibraryEntry> {
    const { origin, options } = job;
    const { preset, weights = null, pixelUnshuffle, beside = [] } = options;
    const files = [...(await this._files(job)), ...beside];
    const identified = await identify(files, preset, {
      weights,
      ...(pixelUnshuffle !== undefined && { pixelUnshuffle }),
    });
    const entry = await this._make(identified, job).catch(async (error: unknown) => {
      await this._library.remove(options.id);
      throw error;
    });
    // What cannot be removed now is listed as unfinished; the model is whole.
    if (origin.kind !== 'files') await this._downloads.forget(origin).catch(() => undefined);
    return entry;
  }

  private async _files({ origin, signal, onProgress }: AddJob): Promise<SourceFile[]> {
    if (origin.kind === 'files') return [...origin.files];
    const model = await findRemote(origin, signal);
    return this._downloads.fetch({
      origin,
      model,
      signal,
      onProgress: (done, total) => onProgress({ stage: 'download', done, total }),
    });
  }

  private async _make(identified: Identified, job: AddJob): Promise<LibraryEntry> {
    const machine = await this._openMachine();
    try {
      const manifest = await this._convert(identified, machine, job);
      const speed = job.options.isTested ? await this._tryOut(manifest, machine, job) : null;
      const entry = { manifest, addedAt: new Date().toISOString(), speed };
      await this._library.commit(entry);
      return entry;
    } finally {
      machine.close();
    }
  }

  private async _convert(
    identified: Identified,
    machine: AddingMachine,
    job: AddJob,
  ): Promise<ModelManifest> {
    const { signal, options } = job;
    const { id, words, isTested } = options;
    const createHasher = () => machine.createHasher();
    const hash = (file: SourceFile) =>
      hashSource(file, { createHasher, signal, onProgress: teller(job, 'read') });
    const { classifier } = identified;
    const card = await describeModel(identified, {
      id,
      words,
      checkpoint: await hashWeights(identified, {
        createHasher,
        signal,
        onProgress: teller(job, 'read'),
      }),
      classifierCheckpoint: classifier && (await hash(classifier.weights)),
    });
    // Better told now than after a long conversion.
    if (isTested) machine.expectToFit(card.network.parameters);
    await this._library.begin(id);
    const sink = {
      write: (path: string, bytes: Uint8Array, offset: number) =>
        this._library.write(id, path, bytes, offset),
    };
    return convertModel(identified, card, sink, {
      storage: machine.storageFor(identified),
      createHasher,
      signal,
      onProgress: teller(job, 'convert'),
    });
  }

  private async _tryOut(
    manifest: ModelManifest,
    machine: AddingMachine,
    job: AddJob,
  ): Promise<ModelSpeed | null> {
    const model = await this._library.files(manifest);
    return machine.tryOut(model, { signal: job.signal, onProgress: teller(job, 'test') });
  }
}

function teller({ onProgress }: AddJob, stage: AddModelProgress['stage']) {
  return (done: number, total: number) => onProgress({ stage, done, total });
}
