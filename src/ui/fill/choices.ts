/** What the user has chosen in the panel, kept between visits. Pure. */
import { z } from 'zod';
import { samplerNames, type FillSettings, type WalkSettings } from '../../protocol/fill.js';
import { presetNames, presets, type PresetName } from '../../protocol/presets.js';

export const maxFills = 4;
export const presetChoices = [...presetNames, 'custom'] as const;
export type PresetChoice = (typeof presetChoices)[number];
export const backendChoices = ['automatic', 'webgpu', 'wasm'] as const;
export type BackendChoice = (typeof backendChoices)[number];

const walkSchema = z.object({
  sampler: z.enum(samplerNames),
  numInferenceSteps: z.number().int().min(1),
  jumpLength: z.number().int().min(1),
  resamplings: z.number().int().min(1),
  eta: z.number().min(0).max(1).nullable(),
});

const settingsSchema = z.object({
  coarse: walkSchema,
  refine: z.array(walkSchema.extend({ startTimestep: z.number().int().min(0) })),
  classLabel: z.number().int().nullable(),
  guidanceScale: z.number(),
  growPx: z.number().min(0),
  featherPx: z.number().min(0),
});

const choicesSchema = z.object({
  preset: z.enum(presetChoices),
  custom: settingsSchema,
  classLabel: z.number().int().nullable(),
  fills: z.number().int().min(1).max(maxFills),
  /** Seed of the first fill; null = new ones each time. */
  seed: z.number().int().min(0).max(0xffffffff).nullable(),
  backend: z.enum(backendChoices),
});

export interface Choices {
  readonly preset: PresetChoice;
  readonly custom: FillSettings;
  readonly classLabel: number | null;
  readonly fills: number;
  readonly seed: number | null;
  readonly backend: BackendChoice;
}

export const firstChoices: Choices = {
  preset: 'balanced',
  custom: presets.balanced,
  classLabel: null,
  fills: 3,
  seed: null,
  backend: 'automatic',
};

/** Reads kept choices; what an older version kept and does not fit is left behind. */
export function parseChoices(kept: unknown): Choices {
  const parsed = choicesSchema.safeParse(kept);
  return parsed.success ? parsed.data : firstChoices;
}

/** Reads the settings kept with a layer, null when they cannot be read. */
export function parseSettings(text: string): FillSettings | null {
  try {
    const parsed = settingsSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Settings of the fill as chosen. */
export function settingsOf({ preset, custom, classLabel }: Choices): FillSettings {
  return { ...(preset === 'custom' ? custom : presets[preset satisfies PresetName]), classLabel };
}

/** Turns the current preset into custom settings with one change. */
export function customise(choices: Choices, change: Partial<FillSettings>): Choices {
  return { ...choices, preset: 'custom', custom: { ...settingsOf(choices), ...change } };
}

/** Changes the first level's walk; finer levels follow in what must not differ between levels. */
export function customiseWalk(choices: Choices, change: Partial<WalkSettings>): Choices {
  const { coarse, refine } = settingsOf(choices);
  const { eta } = { ...coarse, ...change };
  return customise(choices, {
    coarse: { ...coarse, ...change },
    refine: refine.map((level) => ({ ...level, eta })),
  });
}
