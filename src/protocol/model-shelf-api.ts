/**
 * The models a user has added, as the panel sees them. Implemented by a worker of its own, so that
 * a model can be added while another one fills; called through comlink.
 */
import type { ModelSpeed, StorageKind } from './compute-device.js';
import type { FailureCode } from './failure.js';
import type { ModelManifest } from './model-card.js';

/** Where the files of a model to fill with are. */
export type ModelSource =
  /** Beside the add-on itself; fetched once and kept. `manifestUrl`: absolute. */
  | { readonly kind: 'shipped'; readonly manifestUrl: string }
  /** On the shelf, in persistent storage. */
  | { readonly kind: 'stored'; readonly id: string }
  /** On the shelf of this visit only: storage is refused. */
  | {
      readonly kind: 'files';
      readonly manifest: ModelManifest;
      readonly files: readonly NamedBlob[];
    };

export interface NamedBlob {
  readonly path: string;
  readonly data: Blob;
}

/** A model on the shelf. */
export interface ShelfModel {
  readonly manifest: ModelManifest;
  readonly source: ModelSource;
  readonly sizeBytes: number;
  /** ISO 8601. */
  readonly addedAt: string;
  /** Measured at its native size when it was added. */
  readonly speed: ModelSpeed | null;
}

/** A download that broke off or was cancelled; adding the same origin again goes on with it. */
export interface UnfinishedDownload {
  readonly id: string;
  readonly origin: Exclude<ModelOrigin, { kind: 'files' }>;
  readonly loadedBytes: number;
  readonly totalBytes: number | null;
}

export interface Shelf {
  readonly storage: StorageKind;
  readonly models: readonly ShelfModel[];
  readonly unfinished: readonly UnfinishedDownload[];
  /** Ids of models that cannot be read, written by another version: they only take space. */
  readonly damaged: readonly string[];
  /** Bytes this origin uses and may use, as the browser estimates; null where it does not say. */
  readonly usage: { readonly usedBytes: number; readonly quotaBytes: number } | null;
}

/** Where a model to be added comes from. */
export type ModelOrigin =
  /**
   * Dropped or chosen together: a checkpoint (.safetensors, .pt, .pth, .bin, .ckpt) with
   * config.json and scheduler_config.json, or an .onnx with its data files and card.json.
   * `paths`: the name of each with its folders, where whole folders were dropped.
   */
  | {
      readonly kind: 'files';
      readonly files: readonly File[];
      readonly paths?: readonly string[];
    }
  /** Address of a checkpoint or an .onnx; the files it needs are looked for beside it. */
  | { readonly kind: 'url'; readonly url: string }
  /** "owner/name" of a Hugging Face repository, optionally "@revision". */
  | { readonly kind: 'hub'; readonly repo: string };

/** What only a person can know, or must confirm. */
export interface ModelWords {
  readonly name: string;
  readonly licence: string;
  readonly trainingData: string;
  readonly bias: string;
}

export type ModelQuestion =
  /** The checkpoint carries no config: which published network is it? One of `presets`. */
  | {
      readonly kind: 'preset';
      readonly presets: readonly { readonly id: string; readonly title: string }[];
    }
  /** Files that must be given too, such as scheduler_config.json or card.json. */
  | { readonly kind: 'missingFiles'; readonly names: readonly string[] };

/** Where settings were found: in a file, the weights' own shapes, the published list, or nowhere. */
export type FoundIn =
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'weights' }
  | { readonly kind: 'preset'; readonly name: string }
  | { readonly kind: 'usual' };

/** What the files hold, what was taken of it, and what was left. */
export interface ModelFindings {
  /** As its authors call it. */
  readonly network: string;
  /** Weights of the network that lie side by side, each by where; the first is taken. */
  readonly weights: readonly { readonly path: string; readonly isEma: boolean }[];
  /** null until it is known. */
  readonly config: FoundIn | null;
  readonly schedule: FoundIn | null;
  /** Files, and parts of the checkpoint, that are not used. */
  readonly left: readonly string[];
}

/** What can be said of an origin before it is downloaded or converted. */
export interface ModelLook {
  /** Kebab-case; free on the shelf. */
  readonly id: string;
  readonly words: ModelWords;
  /** The file with the weights, and what will be read or downloaded in all. */
  readonly weights: string;
  readonly totalBytes: number | null;
  /** Pixels a side; null until the config is known. */
  readonly nativeSize: number | null;
  readonly classCount: number;
  readonly findings: ModelFindings;
  /** Empty: it can be added as it is. */
  readonly questions: readonly ModelQuestion[];
}

/** What a person knows that the files do not say. */
export interface ModelAnswers {
  /** Answer to the question of that name. */
  readonly preset: string | null;
  /** Path of other weights than the first, 'ema' or 'raw'; null or absent takes the first. */
  readonly weights?: string | null;
  /** Space-to-depth factor around a diffusers network; told from its channels where absent. */
  readonly pixelUnshuffle?: number;
}

export interface AddModelOptions extends ModelAnswers {
  readonly id: string;
  readonly words: ModelWords;
  /** False keeps a network that does not predict noise on sample photos. */
  readonly isTested: boolean;
}

/** Done and total are bytes for 'download', values for 'convert', and calls for 'test'. */
export interface AddModelProgress {
  readonly stage: 'download' | 'read' | 'convert' | 'test';
  readonly done: number;
  readonly total: number | null;
}

/** Errors as values: comlink would drop their codes. */
export type Outcome<T> =
  | { readonly isOk: true; readonly value: T }
  | { readonly isOk: false; readonly code: FailureCode; readonly message: string };

export interface ModelShelfApi {
  read(): Promise<Outcome<Shelf>>;
  /** Fails with modelUnknown, modelFetch or modelUnusable. */
  look(origin: ModelOrigin, answers?: ModelAnswers): Promise<Outcome<ModelLook>>;
  /**
   * Adds a model; one at a time. Nothing is left behind by a failure, except a download's part
   * file. Fails with cancelled, modelFetch, modelHash, modelUnusable, selfTestFailed, storageFull,
   * outOfMemory; badRequest while another one is added.
   */
  add(
    origin: ModelOrigin,
    options: AddModelOptions,
    onProgress: (progress: AddModelProgress) => void,
  ): Promise<Outcome<ShelfModel>>;
  /** Stops `add`, which then fails with cancelled. */
  cancel(): Promise<void>;
  /** Forgets a model, or the part file of a download. */
  remove(id: string): Promise<Outcome<null>>;
}

/**
 * The same over a port. Progress has a port of its own: whoever is handed a callback through comlink
 * can reach all that hangs on it, and this worker reads strangers' files.
 */
export type OfferedShelf = Omit<ModelShelfApi, 'add'> & {
  add(
    origin: ModelOrigin,
    options: AddModelOptions,
    progress: MessagePort,
  ): ReturnType<ModelShelfApi['add']>;
};

/** The network's worker has nothing else to do; where it does not answer in time, it is not there. */
export const networkPatienceMs = 10_000;

/** The one worker that may connect to other hosts, as the panel sees it; called through comlink. */
export interface NetworkApi {
  /** Answers the shelf's questions on `port` (shelf/fetch/distant.ts), in place of one before. */
  connect(port: MessagePort): void;
  /** Ends what is under way. */
  hangUp(): void;
  /** Only these origins are asked from now on; redirects lead where the named hosts send them. */
  allow(origins: readonly string[]): void;
}
