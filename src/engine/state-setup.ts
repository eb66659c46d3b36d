/** What the engine is told to make a sampler state from. */
import type { KnownPixels } from '../core/known-region.js';
import type { Guidance } from '../core/guidance.js';
import type { ImageShape } from '../core/network.js';
import type { NoiseSource } from '../core/noise.js';

/** One level of one fill. */
export interface StateSetup {
  readonly shape: ImageShape;
  readonly noise: NoiseSource;
  readonly pixels: KnownPixels | null;
  readonly guidance: Guidance;
  /** How strongly the model's classifier steers towards the class; 0 = not at all. */
  readonly classifierScale: number;
}
