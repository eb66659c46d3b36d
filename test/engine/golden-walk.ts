/** A short walk with the shipped model, the same in Node and in the browser. */
import { PhiloxNoise } from '../../src/core/noise.js';
import type { SamplerState } from '../../src/core/sampler-state.js';
import type { StateSetup } from '../../src/engine/state-setup.js';
import type { ModelCard } from '../../src/protocol/model-card.js';
import { walked } from './batch-walk.js';

const side = 64;
/** One value of every 256: enough to tell any difference, small enough to read. */
const stride = 256;

/** Waves with a square hole; class 5 of the model, seed 2026. */
export function goldenSetup(card: ModelCard): StateSetup {
  const isHole = (i: number) => i % side > 20 && i % side < 44 && i > 20 * side && i < 44 * side;
  return {
    shape: [1, 3, side, side],
    noise: new PhiloxNoise([2026]),
    pixels: {
      known: Float32Array.from({ length: 3 * side * side }, (_, i) => 0.6 * Math.sin(i * 0.013)),
      keepMask: Float32Array.from({ length: side * side }, (_, i) => (isHole(i) ? 0 : 1)),
    },
    guidance: { classLabels: Int32Array.of(5), nullClassLabel: card.nullClassLabel, scale: 2 },
    classifierScale: 0,
  };
}

/** Walks to the end. Returns: every 256th value of the clean image. */
export async function goldenValues(state: SamplerState, card: ModelCard): Promise<number[]> {
  const values = await walked(state, card, false);
  return Array.from(values).filter((_, i) => i % stride === 0);
}
