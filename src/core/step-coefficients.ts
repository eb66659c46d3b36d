/** One reverse step as a handful of numbers, whatever the network predicts. */
import { networkTimestep, type Diffusion, type DynamicThreshold } from './diffusion.js';

/** Where the variance of the step comes from. */
export type StepVariance =
  | { readonly kind: 'fixed'; readonly variance: number; readonly logVariance: number }
  /** The second C output channels are the log-variance. */
  | { readonly kind: 'learned' }
  /** They are v in about -1..1 (not clamped), between these two log-variances. */
  | { readonly kind: 'learned_range'; readonly minLog: number; readonly maxLog: number };

/**
 * The step x_t -> x_{t-1} as numbers, whatever the network predicts:
 *   x0Hat = bound(x0FromXt * xt + x0FromOutput * out)
 *   mean  = meanFromX0 * x0Hat + meanFromXt * xt + meanFromOutput * out + shift * gradient
 *   x     = mean + hasNoise * exp(logVariance / 2) * z
 */
export interface StepCoefficients {
  readonly x0FromXt: number;
  readonly x0FromOutput: number;
  /** Clamp of x0Hat to +-clipRange; null = none. */
  readonly clipRange: number | null;
  /** Used instead of the clamp; null = none. */
  readonly threshold: DynamicThreshold | null;
  readonly meanFromX0: number;
  readonly meanFromXt: number;
  readonly meanFromOutput: number;
  readonly variance: StepVariance;
  /** Factor of the classifier's gradient; null = the step's variance, per value. */
  readonly gradientShift: number | null;
  readonly hasNoise: boolean;
}

type X0Coefficients = Pick<StepCoefficients, 'x0FromXt' | 'x0FromOutput'>;

function x0Coefficients(diffusion: Diffusion, t: number): X0Coefficients {
  const { predictionType } = diffusion.config;
  const alpha = diffusion.alphasCumprod[t];
  switch (predictionType) {
    case 'epsilon':
      return {
        x0FromXt: diffusion.sqrtRecipAlphasCumprod[t],
        x0FromOutput: -diffusion.sqrtRecipm1AlphasCumprod[t],
      };
    case 'v_prediction':
      return { x0FromXt: Math.sqrt(alpha), x0FromOutput: -Math.sqrt(1 - alpha) };
    case 'sample':
      return { x0FromXt: 0, x0FromOutput: 1 };
    case 'previous_x': {
      const coef1 = diffusion.posteriorMeanCoef1[t];
      return { x0FromXt: -diffusion.posteriorMeanCoef2[t] / coef1, x0FromOutput: 1 / coef1 };
    }
    default:
      predictionType satisfies never;
      throw new RangeError(`unknown prediction type "${String(predictionType)}"`);
  }
}

function fixed(variance: number, logVariance = Math.log(variance)): StepVariance {
  return { kind: 'fixed', variance, logVariance };
}

function ancestralVariance(diffusion: Diffusion, t: number): StepVariance {
  const { varianceType, convention } = diffusion.config;
  const { betas, posteriorVariance, posteriorLogVarianceClipped } = diffusion;
  switch (varianceType) {
    case 'fixed_small':
      return fixed(posteriorVariance[t], posteriorLogVarianceClipped[t]);
    case 'fixed_large':
      return fixed(t === 0 && convention !== 'diffusers' ? posteriorVariance[1] : betas[t]);
    case 'learned':
      return { kind: 'learned' };
    case 'learned_range':
      return {
        kind: 'learned_range',
        minLog: posteriorLogVarianceClipped[t],
        maxLog: Math.log(betas[t]),
      };
    default:
      varianceType satisfies never;
      throw new RangeError(`unknown variance type "${String(varianceType)}"`);
  }
}

/**
 * Coefficients of the DDIM step, the noise direction recomputed from the bounded x0Hat, so that
 * eta = 1 is the ancestral step with `fixed_small`.
 * Source: DDIM eq. 12 and 16; guidance as guided-diffusion Algorithm 2 (a shift of x0Hat).
 */
function ddimMean(diffusion: Diffusion, t: number, eta: number) {
  const alpha = diffusion.alphasCumprod[t];
  const alphaPrev = diffusion.alphasCumprodPrev[t];
  const variance = eta ** 2 * diffusion.posteriorVariance[t];
  const meanFromXt = Math.sqrt(Math.max(0, 1 - alphaPrev - variance)) / Math.sqrt(1 - alpha);
  const meanFromX0 = Math.sqrt(alphaPrev) - meanFromXt * Math.sqrt(alpha);
  return {
    meanFromX0,
    meanFromXt,
    meanFromOutput: 0,
    variance: fixed(variance),
    gradientShift: (meanFromX0 * (1 - alpha)) / Math.sqrt(alpha),
  };
}

function ancestralMean(diffusion: Diffusion, t: number) {
  const isDirect = diffusion.config.predictionType === 'previous_x';
  return {
    meanFromX0: isDirect ? 0 : diffusion.posteriorMeanCoef1[t],
    meanFromXt: isDirect ? 0 : diffusion.posteriorMeanCoef2[t],
    meanFromOutput: isDirect ? 1 : 0,
    variance: ancestralVariance(diffusion, t),
    gradientShift: null,
  };
}

/**
 * Returns the coefficients of the reverse step at label t.
 * `eta` null: ancestral DDPM with the model's variance; 0..1: DDIM.
 * Throws: RangeError when t is not a label of the chain.
 * Source: DDPM eq. 7, 11, 15 in the form that allows clipping x0Hat before the mean.
 */
export function stepCoefficients(
  diffusion: Diffusion,
  t: number,
  eta: number | null,
): StepCoefficients {
  checkLabel(diffusion, t);
  const { clipDenoised, clipRange = 1, threshold = null, convention } = diffusion.config;
  return {
    ...x0Coefficients(diffusion, t),
    clipRange: clipDenoised && threshold === null ? clipRange : null,
    threshold,
    ...(eta === null ? ancestralMean(diffusion, t) : ddimMean(diffusion, t, eta)),
    hasNoise: convention === 'diffusers' ? networkTimestep(diffusion, t) > 0 : t > 0,
  };
}

/** Throws: RangeError when t is not a label of the chain. */
export function checkLabel(diffusion: Diffusion, t: number): void {
  if (!Number.isInteger(t) || t < 0 || t >= diffusion.numInferenceSteps) {
    throw new RangeError(`label must be in 0..${diffusion.numInferenceSteps - 1}, got ${t}`);
  }
}
