/** The p_mean_variance part of family `diffusion`. */
import { z } from 'zod';
import {
  createDiffusion,
  networkTimestep,
  type Diffusion,
  type DiffusionConfig,
  type PredictionType,
  type VarianceType,
} from '../../core/diffusion.js';
import { guidedDiffusionConfig } from '../../core/guided-diffusion-config.js';
import type { ImageShape } from '../../core/network.js';
import { stepMoments, varianceOf } from '../../core/posterior.js';
import { stepCoefficients } from '../../core/step-coefficients.js';
import { respaceTimesteps } from '../../core/timesteps.js';
import { readTensors, type CaseTensors } from './case-files.js';
import type { CaseReport, ParityCase } from './family.js';

const tolerance = { tolerance: 1e-5, scale: 'max(1, |value|)' } as const;

const comboSchema = z.object({
  key: z.string(),
  model_var_type: z.string(),
  model_mean_type: z.string(),
  clip_denoised: z.boolean(),
  model_output: z.string(),
  channels_used: z.number(),
});
export const meanVarianceSchema = z.object({
  noise_schedule: z.string(),
  diffusion_steps: z.number(),
  timestep_respacing: z.string(),
  rescale_timesteps: z.boolean().default(false),
  t: z.array(z.number()),
  model_t: z.array(z.number()).optional(),
  timestep_map: z.array(z.number()).optional(),
  combos: z.array(comboSchema),
});
type MeanVarianceFile = z.infer<typeof meanVarianceSchema>;
type Combo = z.infer<typeof comboSchema>;

const predictionTypes: Readonly<Record<string, PredictionType>> = {
  epsilon: 'epsilon',
  start_x: 'sample',
  previous_x: 'previous_x',
};
const varianceTypes: Readonly<Record<string, VarianceType>> = {
  learned_range: 'learned_range',
  learned: 'learned',
  fixed_small: 'fixed_small',
  fixed_large: 'fixed_large',
};

function chainOf(file: MeanVarianceFile, config: DiffusionConfig): Diffusion {
  return createDiffusion(config, respaceTimesteps(file.diffusion_steps, file.timestep_respacing));
}

function checkTimesteps(report: CaseReport, file: MeanVarianceFile): void {
  const diffusion = chainOf(file, guidedDiffusionConfig(file));
  if (file.timestep_map) report.exact('timestep_map', diffusion.timesteps, file.timestep_map);
  if (!file.model_t) return;
  const modelT = file.t.map((t) => networkTimestep(diffusion, t));
  // The official value is float32.
  report.compare('model_t', modelT, file.model_t, { tolerance: 1e-6, scale: 'max(1, |value|)' });
}

/** The first `channels` channels of image n. */
function firstChannels(tensors: CaseTensors, name: string, n: number, channels: number) {
  const [, c, h, w] = tensors.get(name).shape;
  if (channels > c) throw new RangeError(`tensor "${name}" has ${c} channels, not ${channels}`);
  return tensors.row(name, n).slice(0, channels * h * w);
}

function checkCombo(
  report: CaseReport,
  file: MeanVarianceFile,
  combo: Combo,
  tensors: CaseTensors,
): void {
  const predictionType = predictionTypes[combo.model_mean_type];
  const varianceType = varianceTypes[combo.model_var_type];
  if (!predictionType || !varianceType) {
    report.skip(`${combo.model_var_type} with ${combo.model_mean_type} is not known here`);
    return;
  }
  const clipDenoised = combo.clip_denoised;
  const config = { ...guidedDiffusionConfig(file), predictionType, varianceType, clipDenoised };
  const diffusion = chainOf(file, config);
  const [, c, h, w] = tensors.get('x_t').shape;
  const shape: ImageShape = [1, c, h, w];
  file.t.forEach((t, n) => {
    const out = firstChannels(tensors, combo.model_output, n, combo.channels_used);
    const coefficients = stepCoefficients(diffusion, t, null);
    const moments = stepMoments(coefficients, tensors.row('x_t', n), out, shape);
    const compare = (name: string, got: Float32Array) =>
      report.compare(name, got, tensors.row(`${combo.key}/${name}`, n), tolerance);
    compare('mean', moments.mean);
    compare('variance', varianceOf(coefficients.variance, moments.logVariance));
    compare('log_variance', moments.logVariance);
    compare('pred_xstart', moments.x0Hat);
  });
}

/** One case per combination and one for the timesteps. */
export function meanVarianceCases(
  stem: string,
  file: MeanVarianceFile,
  tensorPath: string,
): ParityCase[] {
  let tensors: Promise<CaseTensors> | undefined;
  const timesteps: ParityCase = {
    name: `${stem}/timesteps`,
    check: async (report) => checkTimesteps(report, file),
  };
  return [
    ...(file.model_t || file.timestep_map ? [timesteps] : []),
    ...file.combos.map((combo): ParityCase => ({
      name: `${stem}/${combo.key}`,
      check: async (report) =>
        checkCombo(report, file, combo, await (tensors ??= readTensors(tensorPath))),
    })),
  ];
}
