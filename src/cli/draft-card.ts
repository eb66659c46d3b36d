/** The model card of an imported checkpoint: what its files say, and honest words for the rest. */
import { z } from 'zod';
import type { NetworkDescription } from '../checkpoint/describe.js';
import type { DiffusionConfig } from '../core/diffusion.js';
import { guidedDiffusionConfig } from '../core/guided-diffusion-config.js';
import { parseSchedulerConfig } from '../core/scheduler-config.js';
import { modelCardSchema } from '../protocol/model-card.js';
import type { ModelCard } from '../protocol/model-card.js';
import { UsageError } from './cli-error.js';

/** What nobody can read from the files. */
export interface CardWords {
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  readonly trainingData: string;
}

const guidedDiffusionArguments = z.object({
  noise_schedule: z.string().optional(),
  diffusion_steps: z.number().int().optional(),
  learn_sigma: z.boolean().optional(),
  predict_xstart: z.boolean().optional(),
  rescale_timesteps: z.boolean().optional(),
});

/** Finds the diffusion arguments beside a guided-diffusion network's own. */
export function admDiffusion(config: unknown): DiffusionConfig {
  const nested = z.object({ args: guidedDiffusionArguments }).safeParse(config);
  const options = nested.success ? nested.data.args : guidedDiffusionArguments.parse(config);
  const { noise_schedule: schedule, ...flags } = options;
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return guidedDiffusionConfig({
    ...(schedule !== undefined && { noise_schedule: schedule }),
    ...Object.fromEntries(given),
  });
}

/** The part of a diffusion config that a card can say. Throws: UsageError for anything beyond it. */
function cardDiffusion(config: DiffusionConfig): ModelCard['diffusion'] {
  const beyond = [
    config.trainedBetas ? 'trained_betas' : null,
    config.rescaleBetasZeroSnr ? 'rescale_betas_zero_snr' : null,
    config.threshold ? 'thresholding' : null,
    (config.clipRange ?? 1) === 1 ? null : 'clip_sample_range',
    config.rescaleTimesteps && config.numTrainTimesteps !== 1000 ? 'rescale_timesteps' : null,
  ].find((key) => key !== null);
  if (beyond) throw new UsageError(`A model card cannot say ${beyond} yet; this model needs it.`);
  return modelCardSchema.shape.diffusion.parse(config);
}

/** Reads diffusion settings from a scheduler config, or from guided-diffusion's arguments. */
export function diffusionOf(
  { family }: NetworkDescription,
  config: unknown,
  scheduler: unknown,
): ModelCard['diffusion'] {
  if (family === 'adm-unet') return cardDiffusion(admDiffusion(config));
  if (scheduler === null) {
    throw new UsageError(
      'A UNet2DModel needs its scheduler_config.json; give it with --scheduler, it says the betas.',
    );
  }
  return cardDiffusion(parseSchedulerConfig(scheduler));
}

/** Puts a card together. Throws: UsageError when the native size is not known. */
export function draftCard(
  words: CardWords,
  description: NetworkDescription,
  diffusion: ModelCard['diffusion'],
  checkpoint: ModelCard['checkpoint'] & { readonly parameters: number },
): ModelCard {
  const { classCount, nativeSize, ...network } = description;
  if (!nativeSize) {
    throw new UsageError(
      'The config says no sample_size; add the pixels a side it was trained at.',
    );
  }
  const { parameters, ...file } = checkpoint;
  return modelCardSchema.parse({
    id: words.id,
    name: words.name,
    checkpoint: file,
    network: { ...network, nativeSize, parameters },
    diffusion,
    classes: Array.from({ length: classCount }, (_, label) => ({ label, name: `Class ${label}` })),
    nullClassLabel: null,
    licence: words.licence,
    summary: `Imported from ${file.path}.`,
    trainingData: words.trainingData,
    bias: 'Not known. Expect that of its training data.',
    limits: 'Not measured. Pictures unlike its training data come out wrong.',
  });
}
