/** What a fill needs from the machine: a network for each size, wrapped in a sampler state. */
import type { KnownPixels } from '../core/known-region.js';
import type { Guidance } from '../core/guidance.js';
import type { ImageShape } from '../core/network.js';
import type { PhiloxNoise } from '../core/noise.js';
import type { SamplerState } from '../core/sampler-state.js';
import type { PriorKernels } from '../prior/prior-kernels.js';
import { RepaintError } from '../protocol/failure.js';
import type { BatchQuestion } from '../protocol/fill.js';
import type { ModelCard } from '../protocol/model-card.js';

/** One level of some fills that are made at once. */
export interface LevelSetup {
  readonly shape: ImageShape;
  readonly noise: PhiloxNoise;
  readonly pixels: KnownPixels;
  readonly guidance: Guidance;
  /** How strongly the model's classifier steers towards the class; 0 = not at all. */
  readonly classifierScale: number;
}

/** Implemented over onnxruntime-node by the command line, over onnxruntime-web by the worker. */
export interface FillRuntime {
  /** Null where only the photo fills. */
  readonly card: ModelCard | null;
  /** What runs the photo's loops; by default WebAssembly. */
  readonly priorKernels?: PriorKernels;
  /**
   * How many fills to make at once at a level: as many as memory allows and speed repays.
   * Never throws; 1 where nothing is known.
   */
  chooseBatch(question: BatchQuestion): Promise<number>;
  /** Tells that a chosen batch ran out of memory: it is let go and not chosen again. */
  rejectBatch(question: BatchQuestion, images: number): Promise<void>;
  /** Prepares the network at the level's size. Throws: RepaintError when it does not load. */
  createState(setup: LevelSetup): Promise<SamplerState>;
}

/** For fills from the photo alone: nothing to load. */
export const photoRuntime: FillRuntime = {
  card: null,
  chooseBatch: async () => 1,
  rejectBatch: async () => undefined,
  createState: async () => {
    throw new RepaintError('badRequest', 'This fill needs a model: load one first.');
  },
};

/** The same machine with other loops for the photo. */
export function withKernels(runtime: FillRuntime, priorKernels: PriorKernels): FillRuntime {
  return {
    card: runtime.card,
    priorKernels,
    chooseBatch: (question) => runtime.chooseBatch(question),
    rejectBatch: (question, images) => runtime.rejectBatch(question, images),
    createState: (setup) => runtime.createState(setup),
  };
}
