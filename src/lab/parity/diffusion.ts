/** Family `diffusion`: tables, respacing and p_mean_variance of guided-diffusion. */
import { join } from 'node:path';
import { z } from 'zod';
import { cumulativeAlphas } from '../../core/betas.js';
import { createDiffusion, trainingBetas, type Diffusion } from '../../core/diffusion.js';
import { guidedDiffusionConfig } from '../../core/guided-diffusion-config.js';
import { respaceTimesteps } from '../../core/timesteps.js';
import { casesOfFile, fileStems, parseAs } from './case-files.js';
import type { CaseReport, ParityCase, ParityFamily } from './family.js';
import { meanVarianceCases, meanVarianceSchema } from './mean-variance.js';

/** Respaced betas are 1 - a / b: independent float64 code agrees to 6e-10. */
const tableTolerance = { tolerance: 1e-8, scale: '|value|' } as const;

const chainSchema = z.object({
  noise_schedule: z.string(),
  diffusion_steps: z.number(),
  timestep_respacing: z.string(),
});
const tablesSchema = z.object({
  tables: z.array(z.record(z.string(), z.unknown())),
  base: z.array(z.record(z.string(), z.unknown())).default([]),
  must_fail: z
    .array(z.object({ diffusion_steps: z.number(), timestep_respacing: z.string() }))
    .default([]),
});
const mapsSchema = z.object({ maps: z.record(z.string(), z.array(z.number())) });
const numbers = z.array(z.number());

/** The official names of our tables. */
const tables: Readonly<Record<string, (diffusion: Diffusion) => ArrayLike<number>>> = {
  timestep_map: (d) => d.timesteps,
  betas: (d) => d.betas,
  alphas_cumprod: (d) => d.alphasCumprod,
  alphas_cumprod_prev: (d) => d.alphasCumprodPrev,
  sqrt_recip_alphas_cumprod: (d) => d.sqrtRecipAlphasCumprod,
  sqrt_recipm1_alphas_cumprod: (d) => d.sqrtRecipm1AlphasCumprod,
  posterior_mean_coef1: (d) => d.posteriorMeanCoef1,
  posterior_mean_coef2: (d) => d.posteriorMeanCoef2,
  posterior_variance: (d) => d.posteriorVariance,
  posterior_log_variance_clipped: (d) => d.posteriorLogVarianceClipped,
};

function chainName(json: Record<string, unknown>): string {
  return [json.noise_schedule, json.diffusion_steps, json.timestep_respacing].join('|');
}

function tableCase(stem: string, json: Record<string, unknown>): ParityCase {
  const check = async (report: CaseReport) => {
    const chain = parseAs(chainSchema, json, 'table');
    const steps = respaceTimesteps(chain.diffusion_steps, chain.timestep_respacing);
    const diffusion = createDiffusion(guidedDiffusionConfig(chain), steps);
    if (json.num_timesteps !== undefined) {
      report.exact('num_timesteps', [diffusion.numInferenceSteps], [Number(json.num_timesteps)]);
    }
    for (const [name, table] of Object.entries(tables)) {
      if (json[name] === undefined) continue;
      const expected = parseAs(numbers, json[name], name);
      if (name === 'timestep_map') report.exact(name, table(diffusion), expected);
      else report.compare(name, table(diffusion), expected, tableTolerance);
    }
  };
  return { name: `${stem}/${chainName(json)}`, check };
}

const baseSchema = chainSchema.omit({ timestep_respacing: true }).extend({
  named_betas: numbers,
  alphas_cumprod: numbers,
  respaced_betas: numbers.optional(),
  respaced_betas_at: numbers.optional(),
});

function baseCase(stem: string, json: Record<string, unknown>): ParityCase {
  const check = async (report: CaseReport) => {
    const base = parseAs(baseSchema, json, 'base');
    const config = guidedDiffusionConfig(base);
    const betas = trainingBetas(config);
    report.compare('named_betas', betas, base.named_betas, tableTolerance);
    report.compare('alphas_cumprod', cumulativeAlphas(betas), base.alphas_cumprod, tableTolerance);
    if (base.respaced_betas && base.respaced_betas_at) {
      const respaced = createDiffusion(config).betas;
      const at = base.respaced_betas_at.map((i) => respaced[i]);
      report.compare('respaced_betas', at, base.respaced_betas, tableTolerance);
    }
  };
  return { name: `${stem}/base|${chainName(json)}`, check };
}

function tablesCases(stem: string, json: unknown): ParityCase[] {
  const file = parseAs(tablesSchema, json, stem);
  const failures = file.must_fail.map(
    ({ diffusion_steps: steps, timestep_respacing: respacing }): ParityCase => ({
      name: `${stem}/must_fail|${steps}|${respacing}`,
      check: async (report) => report.refuses('refused', () => respaceTimesteps(steps, respacing)),
    }),
  );
  return [
    ...file.tables.map((table) => tableCase(stem, table)),
    ...file.base.map((base) => baseCase(stem, base)),
    ...failures,
  ];
}

function mapCases(stem: string, json: unknown): ParityCase[] {
  const { maps } = parseAs(mapsSchema, json, stem);
  return Object.entries(maps).map(([key, expected]) => ({
    name: `${stem}/${key}`,
    check: async (report) => {
      const [steps, respacing = ''] = key.split('|');
      report.exact('timestep_map', respaceTimesteps(Number(steps), respacing), expected);
    },
  }));
}

function casesOfJson(folder: string, stem: string, json: unknown): ParityCase[] {
  if (tablesSchema.safeParse(json).success) return tablesCases(stem, json);
  if (mapsSchema.safeParse(json).success) return mapCases(stem, json);
  if (typeof json === 'object' && json !== null && 'combos' in json) {
    const file = parseAs(meanVarianceSchema, json, stem);
    return meanVarianceCases(stem, file, join(folder, `${stem}.safetensors`));
  }
  const reason = `${stem}.json holds neither tables, maps nor p_mean_variance combinations`;
  return [{ name: stem, check: async (report) => report.skip(reason) }];
}

export const diffusionFamily: ParityFamily = {
  name: 'diffusion',
  async cases(folder) {
    const stems = await fileStems(folder, '.json');
    const cases = stems.map((stem) =>
      casesOfFile(folder, stem, (json) => casesOfJson(folder, stem, json)),
    );
    return (await Promise.all(cases)).flat();
  },
};
