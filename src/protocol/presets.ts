/** Named settings. What each costs and looks like was measured; see docs/quality.md. */
import type { FillSettings, PhotoSettings, RefineSettings, WalkSettings } from './fill.js';

export const presetNames = ['draft', 'balanced', 'best'] as const;
export type PresetName = (typeof presetNames)[number];

function walk(numInferenceSteps: number, jumpLength: number, resamplings: number): WalkSettings {
  return { sampler: 'repaint', numInferenceSteps, jumpLength, resamplings, eta: null };
}

function refine(startTimestep: number, settings: WalkSettings): RefineSettings {
  return { ...settings, startTimestep };
}

/** The photo's levels: resamplings of the first, steps of the others' whole chain. */
function photo(resamplings: number, numInferenceSteps: number): PhotoSettings {
  return { coarse: walk(25, 5, resamplings), refine: refine(300, walk(numInferenceSteps, 5, 1)) };
}

/** What a region fits exactly lies under its opaque part: the fade is as wide as the growth. */
const edge = { growPx: 4, featherPx: 4, fillTransparent: false } as const;
const common = { prior: 'photo', classLabel: null, guidanceScale: 2, ...edge } as const;

/** `best` walks a model by the paper's schedule (T=250, j=10, r=10) at the first level. */
export const presets: Readonly<Record<PresetName, FillSettings>> = {
  draft: {
    ...common,
    photo: photo(2, 22),
    coarse: walk(25, 5, 3),
    refine: [refine(300, walk(25, 5, 1)), refine(150, walk(25, 5, 1))],
  },
  balanced: {
    ...common,
    photo: photo(3, 32),
    coarse: walk(50, 5, 5),
    refine: [refine(300, walk(50, 5, 1)), refine(150, walk(50, 5, 1))],
  },
  best: {
    ...common,
    photo: photo(8, 48),
    coarse: walk(250, 10, 10),
    refine: [refine(300, walk(100, 5, 1)), refine(150, walk(100, 5, 1))],
  },
};
