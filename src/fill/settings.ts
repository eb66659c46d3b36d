/** Settings made for the usual chain, fitted to a model that was trained on another one. */
import type { FillSettings, WalkSettings } from '../protocol/fill.js';
import type { ModelCard } from '../protocol/model-card.js';

/** Presets count on this many training timesteps. */
const usualTimesteps = 1000;

/** Fewer steps where the model has fewer; finer levels start at the same share of the chain. */
export function settingsWithin(settings: FillSettings, { diffusion }: ModelCard): FillSettings {
  const { numTrainTimesteps } = diffusion;
  const bounded = <T extends WalkSettings>(walk: T): T => ({
    ...walk,
    numInferenceSteps: Math.min(walk.numInferenceSteps, numTrainTimesteps),
  });
  const scale = numTrainTimesteps / usualTimesteps;
  const refine = settings.refine.map((level) => ({
    ...bounded(level),
    startTimestep: Math.min(Math.round(level.startTimestep * scale), numTrainTimesteps - 1),
  }));
  return { ...settings, coarse: bounded(settings.coarse), refine };
}
