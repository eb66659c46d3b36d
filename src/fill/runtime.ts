/** What a fill needs from the machine: a network for each size, wrapped in a sampler state. */
import type { KnownPixels } from '../core/cpu-state.js';
import type { Guidance } from '../core/guidance.js';
import type { ImageShape } from '../core/network.js';
import type { PhiloxNoise } from '../core/noise.js';
import type { SamplerState } from '../core/sampler-state.js';
import type { ModelCard } from '../protocol/model-card.js';

/** One level of one fill. */
export interface LevelSetup {
  readonly shape: ImageShape;
  readonly noise: PhiloxNoise;
  readonly pixels: KnownPixels;
  readonly guidance: Guidance;
}

/** Implemented over onnxruntime-node by the command line, over onnxruntime-web by the worker. */
export interface FillRuntime {
  readonly card: ModelCard;
  /** Prepares the network at the level's size. Throws: RepaintError when it does not load. */
  createState(setup: LevelSetup): Promise<SamplerState>;
}
