/** What files given together turn out to be. */
import type { KnownCheckpointName } from '../../checkpoint/known-checkpoints.js';
import type { ModelFindings, ModelQuestion, ModelWords } from '../../protocol/model-shelf-api.js';
import type { GivenCard } from './given-card.js';
import type { OnnxFacts } from './onnx-contract.js';
import type { SortedFiles } from './sort-files.js';
import type { SourceFile } from './source-file.js';

/** Files that `convertModel` can make a model of, once there is a card. */
export interface ConvertibleFiles {
  readonly kind: 'checkpoint' | 'onnx';
  readonly weights: SourceFile;
  /** More files of the same weights. */
  readonly shards: readonly SourceFile[];
  /** Where the network lies inside a checkpoint; '' at the top. */
  readonly weightsPath: string;
  /** Beside an .onnx: files that may hold its weights. */
  readonly data: readonly SourceFile[];
  /** Of the network: parsed config.json, or guided-diffusion's arguments. */
  readonly config: unknown;
  readonly classifier: ConvertibleClassifier | null;
}

/** A second network that says which class a noisy image shows. */
export interface ConvertibleClassifier {
  readonly kind: 'checkpoint' | 'onnx';
  readonly weights: SourceFile;
  readonly config: unknown;
}

export interface Identified extends ConvertibleFiles {
  /** Parsed scheduler_config.json; null without one. */
  readonly scheduler: unknown;
  readonly card: GivenCard | null;
  /** The published network this is, given or found out. */
  readonly preset: KnownCheckpointName | null;
  /** Space-to-depth factor around a diffusers network. */
  readonly pixelUnshuffle: number;
  /** Of a checkpoint, by its table of contents; null until its config is known. */
  readonly parameters: number | null;
  readonly classifierParameters: number | null;
  /** Of an .onnx; null where it is too large to look at before it is there. */
  readonly onnx: OnnxFacts | null;
  /** Kebab-case suggestion; may be taken. */
  readonly id: string;
  readonly words: ModelWords;
  /** Bytes of all files. */
  readonly totalBytes: number;
  /** Pixels a side; null until the config is known. */
  readonly nativeSize: number | null;
  readonly classCount: number;
  readonly findings: ModelFindings;
  /** Empty: it can be described and converted. */
  readonly questions: readonly ModelQuestion[];
}

/** What the reader of each kind of file is given. */
export interface IdentifyInput {
  readonly files: SortedFiles;
  readonly preset: KnownCheckpointName | null;
  readonly card: GivenCard | null;
  /** null: to be told from the config. */
  readonly pixelUnshuffle: number | null;
  /** Weights other than the first: 'ema', 'raw' or a path. */
  readonly wish: string | null;
}

/** What it finds out; the rest is the same for every kind. */
export type IdentifiedNetwork = Omit<Identified, 'card' | 'id' | 'words' | 'totalBytes'>;

/** Asks for files that are missing; asks nothing where none is. */
export function missingFiles(names: readonly string[]): ModelQuestion[] {
  return names.length > 0 ? [{ kind: 'missingFiles', names }] : [];
}
