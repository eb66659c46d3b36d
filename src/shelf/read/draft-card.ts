/** The model card of an imported checkpoint: what its files say, and honest words for the rest. */
import * as z from 'zod/mini';
import { trainingAlphasCumprod, type DiffusionConfig } from '../../core/diffusion.js';
import { guidedDiffusionConfig } from '../../core/guided-diffusion-config.js';
import { parseSchedulerConfig } from '../../core/scheduler-config.js';
import { modelCardSchema, type ModelCard } from '../../protocol/model-card.js';
import type { ModelWords } from '../../protocol/model-shelf-api.js';
import type { GivenCard } from './given-card.js';
import { unusable } from './unusable.js';

/** Flags of a command line come as text; YAML may leave a value out. */
const flag = z.pipe(
  z.transform((value) =>
    value === null ? undefined : typeof value === 'string' ? /^true$/i.test(value) : value,
  ),
  z.optional(z.boolean()),
);
const guidedDiffusionArguments = z.object({
  noise_schedule: z.optional(z.string()),
  diffusion_steps: z.optional(z.coerce.number().check(z.int())),
  learn_sigma: flag,
  sigma_small: flag,
  predict_xstart: flag,
  rescale_timesteps: flag,
});

/**
 * Finds the diffusion arguments beside a guided-diffusion network's own.
 * Throws: RepaintError modelUnusable, RangeError.
 */
function admDiffusion(config: unknown): DiffusionConfig {
  const nested = z.object({ args: z.looseObject({}) }).safeParse(config);
  const result = guidedDiffusionArguments.safeParse(nested.success ? nested.data.args : config);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw unusable(`The config's ${issue.path.join('.')} is wrong: ${issue.message}.`);
  }
  const given = Object.entries(result.data).filter(([, value]) => value !== undefined);
  const usual = isImproved(config) ? { rescale_timesteps: true } : {};
  return guidedDiffusionConfig({ ...usual, ...Object.fromEntries(given) });
}

/** Arguments that guided-diffusion has and improved-diffusion, which came before, has not. */
const guidedOnly = [
  'num_head_channels',
  'resblock_updown',
  'use_new_attention_order',
  'channel_mult',
];

/** improved-diffusion tells its networks tau * 1000 / T unless told otherwise. */
function isImproved(config: unknown): boolean {
  const said = config as Record<string, unknown>;
  return !('args' in said) && !guidedOnly.some((key) => key in said);
}

/**
 * The part of a diffusion config that belongs to the network: how it was trained and how its
 * answers are bounded. How its library would space and round a walk is left to the walk here: who
 * wants that too says it in the card.
 */
function cardDiffusion(config: DiffusionConfig): ModelCard['diffusion'] {
  const { clipRange, threshold, trainedBetas, rescaleBetasZeroSnr, rescaleTimesteps } = config;
  const isRescaled = rescaleTimesteps && config.numTrainTimesteps !== 1000;
  const result = modelCardSchema.shape.diffusion.safeParse({
    ...config,
    clipRange: (clipRange ?? 1) === 1 ? undefined : clipRange,
    threshold: threshold ?? undefined,
    trainedBetas: trainedBetas ?? undefined,
    rescaleBetasZeroSnr: rescaleBetasZeroSnr || undefined,
    rescaleTimesteps: isRescaled || undefined,
    timestepSpacing: undefined,
    stepsOffset: undefined,
    convention: undefined,
  });
  if (!result.success) {
    const [issue] = result.error.issues;
    throw unusable(`The noise schedule's ${issue.path.join('.')} is wrong: ${issue.message}.`);
  }
  const said = Object.entries(result.data).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as ModelCard['diffusion'];
}

/** Keys of a scheduler config that say how a network was trained and how its answers are bounded. */
const trainingKeys = [
  'num_train_timesteps',
  'beta_start',
  'beta_end',
  'beta_schedule',
  'trained_betas',
  'rescale_betas_zero_snr',
  'prediction_type',
  'variance_type',
  'clip_sample',
  'clip_sample_range',
  'thresholding',
  'dynamic_thresholding_ratio',
  'sample_max_value',
];
/** Schedulers over other chains than a DDPM's: continuous noise levels, flows, discrete tokens. */
const otherChains =
  /^(EDM|FlowMatch|ScoreSde|KarrasVe|CMStochastic|VQDiffusion|CosineDPMSolverMultistep|TCD|SCM|Amused)/;

/**
 * Reads the training of a scheduler config: of any release, and of any sampler over a DDPM's chain,
 * for how it would walk (DDIM, Euler, DPM-Solver ...) is decided here.
 * Throws: RepaintError modelUnusable for a scheduler of another kind of diffusion, RangeError.
 */
function schedulerDiffusion(json: unknown): DiffusionConfig {
  const result = z.looseObject({ _class_name: z.optional(z.string()) }).safeParse(json);
  if (!result.success) return parseSchedulerConfig(json);
  const { _class_name: name = 'DDPMScheduler', ...keys } = result.data;
  const isFlow = keys.use_flow_sigmas === true || keys.prediction_type === 'flow_prediction';
  if (otherChains.test(name) || isFlow || keys.timestep_type === 'continuous') {
    throw unusable(
      `The scheduler_config.json is of a ${name} over continuous noise levels or flows; RePaint ` +
        "needs a network trained on a DDPM's steps, with the betas of its scheduler_config.json.",
    );
  }
  const said = Object.entries(keys).filter(
    ([key, value]) => trainingKeys.includes(key) && value !== null && value !== undefined,
  );
  return parseSchedulerConfig(Object.fromEntries(said));
}

/** Where a model's diffusion settings may be found. */
export interface DiffusionSources {
  readonly family: ModelCard['network']['family'];
  readonly config: unknown;
  readonly scheduler: unknown;
  readonly card: GivenCard | null;
}

/**
 * Reads diffusion settings: from a scheduler config, a card that came along, or guided-diffusion's
 * arguments, in this order. Throws: RepaintError modelUnusable, RangeError.
 */
export function diffusionOf(sources: DiffusionSources): ModelCard['diffusion'] {
  const { family, config, scheduler, card } = sources;
  if (scheduler !== null) return cardDiffusion(schedulerDiffusion(scheduler));
  if (card?.diffusion) return card.diffusion;
  if (family === 'adm-unet') return cardDiffusion(admDiffusion(config));
  throw unusable('The noise schedule is not known: give the scheduler_config.json too.');
}

/** Throws: RepaintError modelUnusable or RangeError for settings no walk can use. */
export function checkDiffusion(
  diffusion: ModelCard['diffusion'],
  { channels, outChannels }: Pick<ModelCard['network'], 'channels' | 'outChannels'>,
): void {
  const last = trainingAlphasCumprod(diffusion).at(-1)!;
  if (diffusion.predictionType === 'epsilon' && !(last > 0)) {
    throw unusable(
      'The noise schedule ends without any signal, where predicted noise says nothing; ' +
        'check prediction_type and rescale_betas_zero_snr.',
    );
  }
  const isLearned = diffusion.varianceType.startsWith('learned');
  if (outChannels === 2 * channels || (outChannels === channels && !isLearned)) return;
  const wanted = isLearned ? `${2 * channels}` : `${channels} or ${2 * channels}`;
  throw unusable(
    `The network answers ${outChannels} channels where ${wanted} are expected for its ` +
      `${diffusion.varianceType} variance; check the config.`,
  );
}

/** All that a card says of a network, whatever file it came from. */
export interface DraftParts {
  readonly id: string;
  readonly words: ModelWords;
  readonly checkpoint: ModelCard['checkpoint'];
  readonly network: ModelCard['network'];
  readonly diffusion: ModelCard['diffusion'];
  readonly classCount: number;
  readonly classifier: ModelCard['classifier'];
  /** What came along; wins where nothing measures it. */
  readonly given: GivenCard | null;
}

/** The card's classes where the network takes all of their labels, else numbered ones. */
function classesOf({ given, classCount }: DraftParts): ModelCard['classes'] {
  const named = given?.classes ?? [];
  if (named.length > 0 && named.every(({ label }) => label < classCount)) return [...named];
  return Array.from({ length: classCount }, (_, label) => ({ label, name: `Class ${label}` }));
}

/** Puts a card together. Throws: RepaintError modelUnusable naming a field that is wrong. */
export function draftCard(parts: DraftParts): ModelCard {
  const { id, words, checkpoint, network, diffusion, classifier, given } = parts;
  const nullLabel = given?.nullClassLabel ?? null;
  const result = modelCardSchema.safeParse({
    id,
    ...words,
    checkpoint,
    network,
    diffusion,
    classes: classesOf(parts),
    nullClassLabel: nullLabel !== null && nullLabel < parts.classCount ? nullLabel : null,
    classifier,
    summary: given?.summary ?? `Imported from ${checkpoint.path}.`,
    limits: given?.limits ?? 'Not measured. Pictures unlike its training data come out wrong.',
    ...(given?.training && { training: given.training }),
  });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unusable(`No model card can be made: ${issue.path.join('.')}: ${issue.message}.`);
}
