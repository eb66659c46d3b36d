/** The numbers of a respaced chain: betas, alpha-bars and the posterior q(x_{t-1} | x_t, x_0). */
import { baseBetas, cumulativeAlphas, rescaleZeroTerminalSnr, type BetaSchedule } from './betas.js';
import { spacedTimesteps, type TimestepSpacing } from './timesteps.js';

export const predictionTypes = ['epsilon', 'sample', 'v_prediction', 'previous_x'] as const;
/** What the network predicts: noise, the clean image, velocity, or the mean of x_{t-1}. */
export type PredictionType = (typeof predictionTypes)[number];

export const varianceTypes = ['fixed_small', 'fixed_large', 'learned', 'learned_range'] as const;
export type VarianceType = (typeof varianceTypes)[number];

/** How far and by which rule the predicted clean image is bounded (Imagen, section 2.3). */
export interface DynamicThreshold {
  readonly ratio: number;
  readonly maxValue: number;
}

/** How a network was trained and how its chain is respaced. A model card's `diffusion` is one. */
export interface DiffusionConfig {
  readonly betaSchedule: BetaSchedule;
  readonly betaStart: number;
  readonly betaEnd: number;
  readonly numTrainTimesteps: number;
  readonly predictionType: PredictionType;
  readonly varianceType: VarianceType;
  /** Clamps the predicted clean image to +-clipRange before the mean is taken. */
  readonly clipDenoised: boolean;
  /** 1 by default. */
  readonly clipRange?: number;
  /** Replaces the clamp where given. */
  readonly threshold?: DynamicThreshold | null;
  /** Replaces the named schedule where given. Shapes: [numTrainTimesteps]. */
  readonly trainedBetas?: readonly number[] | null;
  readonly rescaleBetasZeroSnr?: boolean;
  /** `respaced` by default. */
  readonly timestepSpacing?: TimestepSpacing;
  readonly stepsOffset?: number;
  /** The network is given tau * 1000 / numTrainTimesteps instead of tau. */
  readonly rescaleTimesteps?: boolean;
  /**
   * Whose rules hold where libraries differ. `guided-diffusion` (default): label 0 has the variance
   * of label 1 and never noise, tables are float64.
   * `diffusers`: variance of at least 1e-20, noise wherever tau > 0, and tables rounded to float32.
   */
  readonly convention?: 'guided-diffusion' | 'diffusers';
}

/**
 * Tables over the labels t = 0..numInferenceSteps-1 of a respaced chain.
 * Shapes: every table [numInferenceSteps]. Units: variances of [-1, 1] images.
 */
export interface Diffusion {
  readonly config: DiffusionConfig;
  readonly numInferenceSteps: number;
  /** tau: the base step of each label, ascending. */
  readonly timesteps: readonly number[];
  readonly betas: Float64Array;
  readonly alphasCumprod: Float64Array;
  readonly alphasCumprodPrev: Float64Array;
  readonly sqrtRecipAlphasCumprod: Float64Array;
  readonly sqrtRecipm1AlphasCumprod: Float64Array;
  readonly posteriorMeanCoef1: Float64Array;
  readonly posteriorMeanCoef2: Float64Array;
  readonly posteriorVariance: Float64Array;
  readonly posteriorLogVarianceClipped: Float64Array;
}

/** Returns beta_t of the chain the network was trained on. Throws: RangeError for bad betas. */
export function trainingBetas(config: DiffusionConfig): Float64Array {
  const { betaSchedule, betaStart, betaEnd, numTrainTimesteps, trainedBetas } = config;
  const betas = trainedBetas
    ? Float64Array.from(trainedBetas)
    : baseBetas(betaSchedule, betaStart, betaEnd, numTrainTimesteps);
  if (betas.length !== numTrainTimesteps) {
    throw new RangeError(`expected ${numTrainTimesteps} trained betas, got ${betas.length}`);
  }
  const bad = betas.findIndex((beta) => !(beta > 0 && beta <= 1));
  if (bad >= 0) throw new RangeError(`beta[${bad}] must lie in (0, 1], got ${betas[bad]}`);
  const scheduled = config.rescaleBetasZeroSnr ? rescaleZeroTerminalSnr(betas) : betas;
  return scheduled.map(rounding(config));
}

/** Returns alpha-bar_t of the chain the network was trained on. Throws: as `trainingBetas`. */
export function trainingAlphasCumprod(config: DiffusionConfig): Float64Array {
  return cumulativeAlphas(trainingBetas(config), rounding(config));
}

/** diffusers keeps its tables in float32; near label 0 that moves a step by 5e-5. */
function rounding(config: DiffusionConfig): (x: number) => number {
  return config.convention === 'diffusers' ? Math.fround : (x) => x;
}

/** Returns tau of a chain of `numInferenceSteps` labels by the config's spacing, ascending. */
export function chainTimesteps(config: ChainConfig, numInferenceSteps: number): number[] {
  const { timestepSpacing = 'respaced', numTrainTimesteps, stepsOffset = 0 } = config;
  return spacedTimesteps(timestepSpacing, numTrainTimesteps, numInferenceSteps, stepsOffset);
}

/** The part of the config that says which base steps a chain keeps. */
export type ChainConfig = Pick<
  DiffusionConfig,
  'numTrainTimesteps' | 'timestepSpacing' | 'stepsOffset'
>;

function logVarianceClipped(config: DiffusionConfig, variance: Float64Array): Float64Array {
  if (config.convention === 'diffusers') return variance.map((v) => Math.log(Math.max(v, 1e-20)));
  return variance.map((v, t) => Math.log(t === 0 ? variance[1] : v));
}

/**
 * Builds the tables of the chain that keeps the base steps `timesteps`, by default all of them.
 * Throws: RangeError when the steps are not ascending, leave the chain, or are fewer than 2 where
 * label 0 borrows the variance of label 1.
 * Source: DDPM eq. 6 and 7; Improved DDPM section 4 (respacing): beta = 1 - A[tau_k] / A[tau_k-1].
 */
export function createDiffusion(
  config: DiffusionConfig,
  timesteps: readonly number[] = Array.from({ length: config.numTrainTimesteps }, (_, i) => i),
): Diffusion {
  checkTimesteps(config, timesteps);
  const round = rounding(config);
  const trained = trainingAlphasCumprod(config);
  const kept = Float64Array.from(timesteps, (tau) => trained[tau]);
  const betas = kept.map((alpha, k) => round(1 - round(alpha / (k === 0 ? 1 : kept[k - 1]))));
  const alphasCumprod = config.convention === 'diffusers' ? kept : cumulativeAlphas(betas);
  const alphasCumprodPrev = alphasCumprod.map((_, t) => (t === 0 ? 1 : alphasCumprod[t - 1]));
  const posteriorVariance = betas.map(
    (beta, t) => (beta * (1 - alphasCumprodPrev[t])) / (1 - alphasCumprod[t]),
  );
  return {
    config,
    numInferenceSteps: timesteps.length,
    timesteps,
    betas,
    alphasCumprod,
    alphasCumprodPrev,
    sqrtRecipAlphasCumprod: alphasCumprod.map((a) => Math.sqrt(1 / a)),
    sqrtRecipm1AlphasCumprod: alphasCumprod.map((a) => Math.sqrt(1 / a - 1)),
    posteriorMeanCoef1: betas.map(
      (beta, t) => (beta * Math.sqrt(alphasCumprodPrev[t])) / (1 - alphasCumprod[t]),
    ),
    posteriorMeanCoef2: betas.map(
      (beta, t) => ((1 - alphasCumprodPrev[t]) * Math.sqrt(1 - beta)) / (1 - alphasCumprod[t]),
    ),
    posteriorVariance,
    posteriorLogVarianceClipped: logVarianceClipped(config, posteriorVariance),
  };
}

function checkTimesteps(config: DiffusionConfig, timesteps: readonly number[]): void {
  const least = config.convention === 'diffusers' ? 1 : 2;
  if (timesteps.length < least) {
    throw new RangeError(`a chain needs at least ${least} steps, got ${timesteps.length}`);
  }
  timesteps.forEach((tau, k) => {
    const low = k === 0 ? 0 : timesteps[k - 1] + 1;
    if (!Number.isInteger(tau) || tau < low || tau >= config.numTrainTimesteps) {
      throw new RangeError(
        `timesteps must ascend within 0..${config.numTrainTimesteps - 1}, got ${tau} at label ${k}`,
      );
    }
  });
}

/** Returns what the network is told instead of label t. */
export function networkTimestep(diffusion: Diffusion, t: number): number {
  const { rescaleTimesteps, numTrainTimesteps } = diffusion.config;
  const tau = diffusion.timesteps[t];
  return rescaleTimesteps ? (tau * 1000) / numTrainTimesteps : tau;
}
