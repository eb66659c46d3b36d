import { describe, expect, it } from 'vitest';
import { parseSchedulerConfig } from '../../src/core/scheduler-config.js';

describe('parseSchedulerConfig', () => {
  it('gives an empty config the defaults of DDPMScheduler', () => {
    expect(parseSchedulerConfig({})).toMatchObject({
      betaSchedule: 'linear',
      betaStart: 0.0001,
      betaEnd: 0.02,
      numTrainTimesteps: 1000,
      predictionType: 'epsilon',
      varianceType: 'fixed_small',
      clipDenoised: true,
      clipRange: 1,
      threshold: null,
      timestepSpacing: 'leading',
      stepsOffset: 0,
    });
  });

  it('honours every key that changes a number', () => {
    const config = parseSchedulerConfig({
      _class_name: 'DDPMScheduler',
      _diffusers_version: '0.42.1',
      variance_type: 'fixed_small_log',
      prediction_type: 'v_prediction',
      thresholding: true,
      dynamic_thresholding_ratio: 0.9,
      sample_max_value: 2,
      clip_sample_range: 3,
      timestep_spacing: 'trailing',
      steps_offset: 1,
      rescale_betas_zero_snr: true,
      num_train_timesteps: 2,
      trained_betas: [0.1, 0.2],
    });
    expect(config).toMatchObject({
      varianceType: 'fixed_small',
      predictionType: 'v_prediction',
      threshold: { ratio: 0.9, maxValue: 2 },
      clipRange: 3,
      timestepSpacing: 'trailing',
      stepsOffset: 1,
      rescaleBetasZeroSnr: true,
      trainedBetas: [0.1, 0.2],
    });
  });

  it.each([
    [{ use_karras_sigmas: true }, '"use_karras_sigmas" is not supported'],
    [{ _class_name: 'EulerDiscreteScheduler' }, '"_class_name" must be DDPMScheduler'],
    [{ variance_type: 'fixed_large_log' }, '"variance_type" must be one of'],
    [{ prediction_type: 'flow' }, '"prediction_type" must be one of'],
    [{ beta_schedule: 'laplace' }, '"beta_schedule" must be one of'],
    [{ timestep_spacing: 'respaced' }, '"timestep_spacing" must be one of'],
    [{ clip_sample: 'yes' }, '"clip_sample" must be a boolean, got "yes"'],
    [{ trained_betas: 'file' }, '"trained_betas" must be null or a list of numbers'],
    [[], 'must be a JSON object'],
  ])('refuses %j by name', (json, message) => {
    expect(() => parseSchedulerConfig(json)).toThrow(message);
  });
});
