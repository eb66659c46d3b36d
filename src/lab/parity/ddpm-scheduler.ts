/** Family `hf/ddpm-scheduler`: DDPMScheduler.step of diffusers with recorded noise. */
import { join } from 'node:path';
import { z } from 'zod';
import {
  chainTimesteps,
  createDiffusion,
  trainingAlphasCumprod,
  type Diffusion,
  type DiffusionConfig,
} from '../../core/diffusion.js';
import type { ImageShape } from '../../core/network.js';
import { stepMoments } from '../../core/posterior.js';
import { parseSchedulerConfig } from '../../core/scheduler-config.js';
import { stepCoefficients } from '../../core/step-coefficients.js';
import { casesOfFile, fileStems, parseAs, readTensors, type CaseTensors } from './case-files.js';
import type { CaseReport, ParityCase, ParityFamily } from './family.js';

/** The library's tables are float32. */
const tolerance = { tolerance: 1e-4, scale: 'max(1, |value|)' } as const;

const fileSchema = z.object({ cases: z.array(z.unknown()) });
const caseSchema = z.object({
  scheduler_config: z.record(z.string(), z.unknown()),
  num_inference_steps: z.number().nullable().default(null),
  timesteps: z.array(z.number()),
  alphas_cumprod: z.array(z.number()).optional(),
  alphas_cumprod_stride: z.number().default(1),
  steps: z.array(z.object({ key: z.string(), index: z.number(), timestep: z.number() })),
});
type SchedulerCase = z.infer<typeof caseSchema>;

/** The chain the library walks, ascending; a list set by hand is taken as it is. */
function caseTimesteps(report: CaseReport, expected: SchedulerCase, config: DiffusionConfig) {
  const recorded = [...expected.timesteps].reverse();
  const { num_inference_steps: steps } = expected;
  if (steps === null && recorded.length !== config.numTrainTimesteps) return recorded;
  const timesteps = steps === null ? recorded.map((_, i) => i) : chainTimesteps(config, steps);
  report.exact('timesteps', timesteps, recorded);
  return timesteps;
}

function checkStep(
  report: CaseReport,
  diffusion: Diffusion,
  step: SchedulerCase['steps'][number],
  tensors: CaseTensors,
): void {
  const t = diffusion.timesteps.indexOf(step.timestep);
  if (t < 0) throw new RangeError(`timestep ${step.timestep} is not in the chain`);
  const { values: xt, shape } = tensors.get(`${step.key}/x`);
  const out = tensors.get(`${step.key}/model_output`).values;
  const noise = tensors.get(`${step.key}/noise`).values;
  const coefficients = stepCoefficients(diffusion, t, null);
  const moments = stepMoments(coefficients, xt, out, shape as ImageShape);
  const prev = moments.mean.map((mean, i) =>
    coefficients.hasNoise ? mean + Math.exp(moments.logVariance[i] / 2) * noise[i] : mean,
  );
  const expected = (name: string) => tensors.get(`${step.key}/${name}`).values;
  report.compare('prev_sample', prev, expected('prev_sample'), tolerance);
  report.compare(
    'pred_original_sample',
    moments.x0Hat,
    expected('pred_original_sample'),
    tolerance,
  );
}

async function checkScheduler(report: CaseReport, json: unknown, tensors: CaseTensors) {
  const expected = parseAs(caseSchema, json, report.name);
  const config = parseSchedulerConfig(expected.scheduler_config);
  const timesteps = caseTimesteps(report, expected, config);
  if (expected.alphas_cumprod) {
    const stride = expected.alphas_cumprod_stride;
    const alphas = trainingAlphasCumprod(config).filter((_, i) => i % stride === 0);
    report.compare('alphas_cumprod', alphas, expected.alphas_cumprod, tolerance);
  }
  const diffusion = createDiffusion(config, timesteps);
  for (const step of expected.steps) checkStep(report, diffusion, step, tensors);
}

function schedulerCases(folder: string, stem: string, json: unknown): ParityCase[] {
  let tensors: Promise<CaseTensors> | undefined;
  const path = join(folder, `${stem}.safetensors`);
  return parseAs(fileSchema, json, stem).cases.map((entry, i) => {
    const named = z.object({ name: z.string() }).safeParse(entry);
    return {
      name: `${stem}/${named.success ? named.data.name : i}`,
      check: async (report) => checkScheduler(report, entry, await (tensors ??= readTensors(path))),
    };
  });
}

export const ddpmSchedulerFamily: ParityFamily = {
  name: 'hf/ddpm-scheduler',
  async cases(folder) {
    const stems = await fileStems(folder, '.json');
    const cases = stems.map((stem) =>
      casesOfFile(folder, stem, (json) => schedulerCases(folder, stem, json)),
    );
    return (await Promise.all(cases)).flat();
  },
};
