/** What the user has chosen in the panel, kept between visits. Pure. */
import * as z from 'zod/mini';
import { settingsWithin } from '../../fill/settings.js';
import type { ModelCard } from '../../protocol/model-card.js';
import {
  priorNames,
  samplerNames,
  type FillSettings,
  type PriorName,
  type WalkSettings,
} from '../../protocol/fill.js';
import { presetNames, presets, type PresetName } from '../../protocol/presets.js';

export const maxFills = 4;
export const presetChoices = [...presetNames, 'custom'] as const;
export type PresetChoice = (typeof presetChoices)[number];
export const backendChoices = ['automatic', 'webgpu', 'wasm'] as const;
export type BackendChoice = (typeof backendChoices)[number];
export const precisionChoices = ['automatic', 'float32', 'float16'] as const;
export type PrecisionChoice = (typeof precisionChoices)[number];

/** No network was trained with more steps. A document can come from anybody: a walk must end. */
const maxSteps = 10_000;
const count = (least: number, most: number) => z.int().check(z.minimum(least), z.maximum(most));
const px = z.number().check(z.minimum(0), z.maximum(64));

const walkSchema = z.object({
  sampler: z.enum(samplerNames),
  numInferenceSteps: count(1, maxSteps),
  jumpLength: count(1, maxSteps),
  resamplings: count(1, 100),
  eta: z.nullable(z.number().check(z.minimum(0), z.maximum(1))),
});

const refineSchema = z.extend(walkSchema, { startTimestep: count(0, maxSteps) });

const settingsSchema = z.object({
  prior: z._default(z.enum(priorNames), 'photo'),
  photo: z._default(z.object({ coarse: walkSchema, refine: refineSchema }), presets.balanced.photo),
  coarse: walkSchema,
  refine: z.array(refineSchema).check(z.maxLength(20)),
  classLabel: z.nullable(z.int()),
  guidanceScale: z.number().check(z.minimum(0), z.maximum(20)),
  growPx: px,
  featherPx: px,
  fillTransparent: z._default(z.boolean(), false),
});

const choicesSchema = z.object({
  prior: z._default(z.enum(priorNames), 'photo'),
  preset: z.enum(presetChoices),
  custom: settingsSchema,
  classLabel: z.nullable(z.int()),
  className: z._default(z.nullable(z.string()), null),
  model: z._default(z.nullable(z.object({ id: z.string(), name: z.string() })), null),
  fills: z.int().check(z.minimum(1), z.maximum(maxFills)),
  /** Seed of the first fill; null = new ones each time. */
  seed: z.nullable(z.int().check(z.minimum(0), z.maximum(0xffffffff))),
  expands: z._default(z.boolean(), true),
  backend: z.enum(backendChoices),
  precision: z._default(z.enum(precisionChoices), 'automatic'),
});

/** A model on the shelf; the name is what it had when it was chosen. */
export interface ChosenModel {
  readonly id: string;
  readonly name: string;
}

export interface Choices {
  /** Where fills come from. */
  readonly prior: PriorName;
  readonly preset: PresetChoice;
  readonly custom: FillSettings;
  readonly classLabel: number | null;
  /** The class's name on the card, for as long as the model is not there to say it. */
  readonly className: string | null;
  /** Null is the model that comes with the add-on. */
  readonly model: ChosenModel | null;
  readonly fills: number;
  readonly seed: number | null;
  /** Whether shapes that reach past the photo's edge expand it, or end there. */
  readonly expands: boolean;
  readonly backend: BackendChoice;
  readonly precision: PrecisionChoice;
}

export const firstChoices: Choices = {
  prior: 'photo',
  preset: 'balanced',
  custom: presets.balanced,
  classLabel: null,
  className: null,
  model: null,
  fills: 3,
  seed: null,
  expands: true,
  backend: 'automatic',
  precision: 'automatic',
};

/** Reads kept choices; what an older version kept and does not fit is left behind. */
export function parseChoices(kept: unknown): Choices {
  const parsed = choicesSchema.safeParse(kept);
  return parsed.success ? parsed.data : firstChoices;
}

/** Settings of the fill as chosen; the photo knows no classes. */
export function settingsOf({ prior, preset, custom, classLabel }: Choices): FillSettings {
  const settings = preset === 'custom' ? custom : presets[preset satisfies PresetName];
  return { ...settings, prior, classLabel: prior === 'photo' ? null : classLabel };
}

/** The preset that settings are, else that they are the user's own. */
export function presetOf(settings: FillSettings): PresetChoice {
  const { prior, classLabel } = settings;
  const told = (of: FillSettings) => JSON.stringify(settingsSchema.parse(of));
  const isSame = (name: PresetName) =>
    told({ ...presets[name], prior, classLabel }) === told(settings);
  return presetNames.find(isSame) ?? 'custom';
}

/** Reads the settings a fill's record holds; null where they did not fit or are no settings. */
export function recordedSettings(text: string): FillSettings | null {
  try {
    return settingsSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The choices that make fills by given settings, with all else as it is. */
export function withSettings(choices: Choices, settings: FillSettings): Choices {
  const { prior, classLabel } = settings;
  const chosen = { prior, classLabel, className: null };
  return { ...choices, ...chosen, preset: presetOf(settings), custom: settings };
}

/** Settings of the fill as chosen, within what the model was trained with. */
export function settingsFor(choices: Choices, card: ModelCard | null): FillSettings {
  const settings = settingsOf(choices);
  return card ? settingsWithin(settings, card) : settings;
}

/** True for a network that was always told a class: it cannot fill with anything. */
export function needsClass({ classes, nullClassLabel, classifier }: ModelCard): boolean {
  const isTold = classifier === null || classifier.isNetworkConditional;
  return classes.length > 0 && nullClassLabel === null && isTold;
}

/** The choices without a class the model does not have: the same label may mean another thing. */
export function withKnownClass(choices: Choices, { classes }: ModelCard): Choices {
  const { classLabel, className } = choices;
  if (classLabel === null) return choices;
  const name = classes.find(({ label }) => label === classLabel)?.name;
  const isKnown = name !== undefined && (className === null || className === name);
  return isKnown
    ? { ...choices, className: name }
    : { ...choices, classLabel: null, className: null };
}

/** Turns the current preset into custom settings with one change. */
export function customise(choices: Choices, change: Partial<FillSettings>): Choices {
  return { ...choices, preset: 'custom', custom: { ...settingsOf(choices), ...change } };
}

/** Changes the first level's walk; finer levels follow in what must not differ between levels. */
export function customiseWalk(choices: Choices, change: Partial<WalkSettings>): Choices {
  const { prior, photo, coarse, refine } = settingsOf(choices);
  if (prior === 'photo') {
    const { eta } = { ...photo.coarse, ...change };
    const walks = { coarse: { ...photo.coarse, ...change }, refine: { ...photo.refine, eta } };
    return customise(choices, { photo: walks });
  }
  const { eta } = { ...coarse, ...change };
  return customise(choices, {
    coarse: { ...coarse, ...change },
    refine: refine.map((level) => ({ ...level, eta })),
  });
}
