/** The vocabulary of guided-diffusion and RePaint configurations, as a DiffusionConfig. */
import type { DiffusionConfig, VarianceType } from './diffusion.js';

/** Options of `create_gaussian_diffusion` that change a number. Absent ones have its defaults. */
export interface GuidedDiffusionOptions {
  readonly noise_schedule?: string;
  readonly diffusion_steps?: number;
  readonly learn_sigma?: boolean;
  readonly sigma_small?: boolean;
  readonly predict_xstart?: boolean;
  readonly rescale_timesteps?: boolean;
  readonly clip_denoised?: boolean;
}

function varianceType(options: GuidedDiffusionOptions): VarianceType {
  if (options.learn_sigma) return 'learned_range';
  return options.sigma_small ? 'fixed_small' : 'fixed_large';
}

/**
 * Returns the config of a network trained by guided-diffusion.
 * Throws: RangeError for a noise schedule other than linear and cosine.
 * Source: `create_gaussian_diffusion`, `get_named_beta_schedule` (the linear range scales with T).
 */
export function guidedDiffusionConfig(options: GuidedDiffusionOptions): DiffusionConfig {
  const { noise_schedule: schedule = 'linear', diffusion_steps: steps = 1000 } = options;
  if (schedule !== 'linear' && schedule !== 'cosine') {
    throw new RangeError(`noise_schedule must be "linear" or "cosine", got "${schedule}"`);
  }
  return {
    betaSchedule: schedule === 'linear' ? 'linear' : 'squaredcos_cap_v2',
    betaStart: (1000 / steps) * 0.0001,
    betaEnd: (1000 / steps) * 0.02,
    numTrainTimesteps: steps,
    predictionType: options.predict_xstart ? 'sample' : 'epsilon',
    varianceType: varianceType(options),
    clipDenoised: options.clip_denoised ?? true,
    rescaleTimesteps: options.rescale_timesteps ?? false,
  };
}
