/** A short guided walk for one or several seeds, to compare a batch with its images alone. */
import { createDiffusion } from '../../src/core/diffusion.js';
import type { ImageShape } from '../../src/core/network.js';
import { PhiloxNoise } from '../../src/core/noise.js';
import type { SamplerState } from '../../src/core/sampler-state.js';
import { planWalk } from '../../src/core/walk.js';
import type { ModelCard } from '../../src/protocol/model-card.js';
import { finish, settings } from '../core/chains.js';
import { maxDifference } from './max-difference.js';

/** What a runtime is told for a walk of these seeds at a size. */
export function batchSetup(card: ModelCard, seeds: readonly number[], side: number) {
  const shape: ImageShape = [seeds.length, 3, side, side];
  const noise = new PhiloxNoise(seeds);
  const pixels = {
    known: Float32Array.from({ length: 3 * side * side }, (_, i) => Math.cos(i * 0.05)),
    keepMask: Float32Array.from({ length: side * side }, (_, i) => (i % side < side / 2 ? 1 : 0)),
  };
  const { nullClassLabel } = card;
  const classLabels = new Int32Array(seeds.length).fill(1);
  const guidance = { classLabels, nullClassLabel, scale: 2 };
  return { shape, noise, pixels, guidance, classifierScale: 0 };
}

/** Walks the state to its end. Shapes: returns [N*C*H*W]. */
export function walked(
  state: SamplerState,
  { diffusion: config }: ModelCard,
  collapseRenoise = true,
): Promise<Float32Array> {
  const plan = planWalk(settings(6, 2, 2), config, { callsPerStep: state.callsPerStep });
  const diffusion = createDiffusion(config, plan.timesteps);
  return finish({ plan, diffusion, state, collapseRenoise });
}

/** Largest difference of image k of the batch to the image alone, over all k. */
export function largestDifference(batch: Float32Array, alone: readonly Float32Array[]): number {
  const size = alone[0].length;
  const differences = alone.map((image, k) =>
    maxDifference(image, batch.subarray(k * size, (k + 1) * size)),
  );
  return Math.max(...differences);
}
