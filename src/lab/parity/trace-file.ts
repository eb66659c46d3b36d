/** A recorded run of RePaint, read into the core's terms. */
import { join } from 'node:path';
import { z } from 'zod';
import { createDiffusion, type Diffusion } from '../../core/diffusion.js';
import { guidedDiffusionConfig } from '../../core/guided-diffusion-config.js';
import type { ImageShape } from '../../core/network.js';
import type { NoiseDraw, NoiseSource } from '../../core/noise.js';
import { respaceTimesteps } from '../../core/timesteps.js';
import { labelsToTransitions, type WalkPlan } from '../../core/walk.js';
import { authorsSchedule } from '../authors-schedule.js';
import { parseAs, readJson, readTensors, type CaseTensors } from './case-files.js';
import { NotSupported } from './family.js';
import { jumpParameters, jumpParametersSchema } from './schedule.js';

const confSchema = z.object({
  learn_sigma: z.boolean().default(true),
  sigma_small: z.boolean().default(false),
  diffusion_steps: z.number(),
  noise_schedule: z.string().default('linear'),
  timestep_respacing: z.union([z.string(), z.number()]).transform(String),
  classifier_scale: z.number().default(0),
  predict_xstart: z.boolean().default(false),
  rescale_timesteps: z.boolean().default(false),
  clip_denoised: z.boolean().default(true),
  inpa_inj_sched_prev: z.boolean().default(true),
  inpa_inj_sched_prev_cumnoise: z.boolean().default(false),
  inpa_inj_time_shift: z.number().default(1),
  use_ddim: z.boolean().default(false),
  schedule_jump_params: jumpParametersSchema,
});

const transitionSchema = z.object({
  kind: z.enum(['reverse', 'undo']),
  from: z.number(),
  to: z.number(),
  call: z.number().optional(),
  model_t: z.number().optional(),
  sample_noise: z.number().nullish(),
  known_noise: z.number().nullish(),
  undo_noise: z.number().nullish(),
});

const walkSchema = z.object({
  conf: confSchema,
  network: z.string(),
  classifier: z.string().nullish(),
  checkpoint_file: z.string().default('checkpoint.pt'),
  timestep_map: z.array(z.number()),
  times: z.array(z.number()),
  transitions: z.array(transitionSchema),
  draws: z.array(z.object({ i: z.number(), role: z.string() })).default([]),
});
export type RecordedWalk = z.infer<typeof walkSchema>;

/** Everything a replay needs. */
export interface Trace {
  readonly walk: RecordedWalk;
  readonly tensors: CaseTensors;
  readonly shape: ImageShape;
  readonly plan: WalkPlan;
  readonly diffusion: Diffusion;
}

/** Options of the official code that change numbers and are off in every published config. */
function checkSupported({ conf }: RecordedWalk): void {
  if (!conf.inpa_inj_sched_prev) throw new NotSupported('inpa_inj_sched_prev is false');
  if (conf.inpa_inj_sched_prev_cumnoise) throw new NotSupported('cumnoise is on');
  if (conf.inpa_inj_time_shift !== 1) throw new NotSupported('inpa_inj_time_shift is not 1');
  if (conf.use_ddim) throw new NotSupported('use_ddim is on (not in the released code)');
}

/** The plan of the trace's own parameters: what our schedule makes of them. */
function planOf(walk: RecordedWalk): WalkPlan {
  const { conf } = walk;
  const parameters = jumpParameters(conf.schedule_jump_params);
  const transitions = labelsToTransitions(authorsSchedule(parameters));
  const nfe = transitions.filter((move) => move.kind === 'denoise').length;
  return {
    settings: { ...parameters, sampler: 'repaint', eta: null },
    timesteps: respaceTimesteps(conf.diffusion_steps, conf.timestep_respacing),
    startLabel: parameters.numInferenceSteps - 1,
    startsFromNoise: true,
    transitions,
    nfe,
    undoSteps: transitions.length - nfe,
  };
}

/**
 * Reads `walk.json` and `trace.safetensors` of a case.
 * Throws: NotSupported for options we do not have; otherwise on files that are missing or odd.
 */
export async function readTrace(folder: string): Promise<Trace> {
  const walk = parseAs(walkSchema, await readJson(join(folder, 'walk.json')), 'walk.json');
  checkSupported(walk);
  const tensors = await readTensors(join(folder, 'trace.safetensors'));
  const shape = tensors.get('gt').shape;
  if (shape.length !== 4) throw new RangeError(`gt must be [N, C, H, W], got [${shape.join()}]`);
  const plan = planOf(walk);
  return {
    walk,
    tensors,
    shape: shape as ImageShape,
    plan,
    diffusion: createDiffusion(guidedDiffusionConfig(walk.conf), plan.timesteps),
  };
}

/** Noise of a recorded run by name. */
export class RecordedNoise implements NoiseSource {
  constructor(private readonly _trace: Trace) {}

  fill(draw: NoiseDraw, image: number, out: Float32Array): void {
    const row = this._rowOf(draw);
    const noise = this._trace.tensors.row('noise', row);
    out.set(noise.subarray(image * out.length, (image + 1) * out.length));
  }

  private _rowOf({ purpose, transition }: NoiseDraw): number {
    const { transitions, draws } = this._trace.walk;
    if (purpose === 'start') return draws.find((draw) => draw.role === 'init')?.i ?? 0;
    const recorded = transitions[transition];
    const row = {
      step: recorded?.sample_noise,
      known: recorded?.known_noise,
      renoise: recorded?.undo_noise,
      restart: null,
    }[purpose];
    if (typeof row !== 'number') {
      throw new RangeError(`the trace drew no "${purpose}" noise at transition ${transition}`);
    }
    return row;
  }
}
