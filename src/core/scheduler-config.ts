/** The `scheduler_config.json` of a hub checkpoint (diffusers DDPMScheduler), as a DiffusionConfig. */
import { betaSchedules } from './betas.js';
import type { DiffusionConfig, PredictionType, VarianceType } from './diffusion.js';
import { timestepSpacings } from './timesteps.js';

/** What a key means when the file leaves it out: DDPMScheduler's own defaults. */
const defaults = {
  num_train_timesteps: 1000,
  beta_start: 0.0001,
  beta_end: 0.02,
  beta_schedule: 'linear',
  trained_betas: null as readonly number[] | null,
  variance_type: 'fixed_small',
  clip_sample: true,
  prediction_type: 'epsilon',
  thresholding: false,
  dynamic_thresholding_ratio: 0.995,
  clip_sample_range: 1,
  sample_max_value: 1,
  timestep_spacing: 'leading',
  steps_offset: 0,
  rescale_betas_zero_snr: false,
};
type SchedulerConfig = typeof defaults;

const varianceNames: Readonly<Record<string, VarianceType>> = {
  fixed_small: 'fixed_small',
  // The library works with the logarithm here; the step is the same.
  fixed_small_log: 'fixed_small',
  fixed_large: 'fixed_large',
  learned_range: 'learned_range',
};
const predictionNames: readonly PredictionType[] = ['epsilon', 'sample', 'v_prediction'];
const spacingNames = timestepSpacings.filter((name) => name !== 'respaced');

function checkKey(key: string, value: unknown): void {
  if (!Object.hasOwn(defaults, key)) {
    throw new RangeError(
      `scheduler config key "${key}" is not supported (value ${JSON.stringify(value)})`,
    );
  }
  const expected = defaults[key as keyof SchedulerConfig];
  const isValid =
    expected === null
      ? value === null || (Array.isArray(value) && value.every((v) => typeof v === 'number'))
      : typeof value === typeof expected;
  if (!isValid) {
    const kind = expected === null ? 'null or a list of numbers' : `a ${typeof expected}`;
    throw new RangeError(
      `scheduler config key "${key}" must be ${kind}, got ${JSON.stringify(value)}`,
    );
  }
}

function oneOf<T extends string>(key: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value);
  if (found === undefined) {
    throw new RangeError(
      `scheduler config key "${key}" must be one of ${allowed.join(', ')}, got "${value}"`,
    );
  }
  return found;
}

function withDefaults(json: unknown): SchedulerConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new RangeError('a scheduler config must be a JSON object');
  }
  const { _class_name: className = 'DDPMScheduler', ...keys } = json as Record<string, unknown>;
  if (className !== 'DDPMScheduler') {
    throw new RangeError(
      `scheduler config key "_class_name" must be DDPMScheduler, got ${JSON.stringify(className)}`,
    );
  }
  const entries = Object.entries(keys).filter(([key]) => !key.startsWith('_'));
  for (const [key, value] of entries) checkKey(key, value);
  return { ...defaults, ...Object.fromEntries(entries) };
}

/**
 * Parses a scheduler config; every key that changes a number is honoured.
 * Throws: RangeError naming the key whose value, or which itself, is not supported.
 * Source: diffusers DDPMScheduler.
 */
export function parseSchedulerConfig(json: unknown): DiffusionConfig {
  const c = withDefaults(json);
  const variance = oneOf('variance_type', c.variance_type, Object.keys(varianceNames));
  return {
    betaSchedule: oneOf('beta_schedule', c.beta_schedule, betaSchedules),
    betaStart: c.beta_start,
    betaEnd: c.beta_end,
    numTrainTimesteps: c.num_train_timesteps,
    trainedBetas: c.trained_betas,
    rescaleBetasZeroSnr: c.rescale_betas_zero_snr,
    predictionType: oneOf('prediction_type', c.prediction_type, predictionNames),
    varianceType: varianceNames[variance],
    clipDenoised: c.clip_sample,
    clipRange: c.clip_sample_range,
    threshold: c.thresholding
      ? { ratio: c.dynamic_thresholding_ratio, maxValue: c.sample_max_value }
      : null,
    timestepSpacing: oneOf('timestep_spacing', c.timestep_spacing, spacingNames),
    stepsOffset: c.steps_offset,
    convention: 'diffusers',
  };
}
