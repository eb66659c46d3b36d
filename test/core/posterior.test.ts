import { describe, expect, it } from 'vitest';
import {
  createDiffusion,
  type DiffusionConfig,
  type PredictionType,
} from '../../src/core/diffusion.js';
import type { ImageShape } from '../../src/core/network.js';
import { splitOutput, stepMoments, varianceOf } from '../../src/core/posterior.js';
import { stepCoefficients } from '../../src/core/step-coefficients.js';
import { expectAllclose } from './allclose.js';
import { linearConfig } from './chains.js';

const steps = [0, 250, 500, 750, 999];
const shape: ImageShape = [1, 1, 1, 3];
const xt = Float32Array.of(0.3, -1.4, 2.2);
/** float32 arithmetic on values of order one. */
const atol = 2e-6;

function moments(
  config: Partial<DiffusionConfig>,
  t: number,
  out: number[],
  eta = null as number | null,
) {
  const diffusion = createDiffusion({ ...linearConfig, ...config }, steps);
  const coefficients = stepCoefficients(diffusion, t, eta);
  const result = stepMoments(coefficients, xt, Float32Array.from(out), shape);
  const variance = varianceOf(coefficients.variance, result.logVariance);
  return { diffusion, coefficients, variance, ...result };
}

/** What a network of each kind answers when the clean image is x0. */
function outputFor(type: PredictionType, x0: number[], t: number): number[] {
  const d = createDiffusion(linearConfig, steps);
  const a = d.alphasCumprod[t];
  return x0.map((x, i) => {
    const eps = (xt[i] - Math.sqrt(a) * x) / Math.sqrt(1 - a);
    return {
      sample: x,
      epsilon: eps,
      v_prediction: Math.sqrt(a) * eps - Math.sqrt(1 - a) * x,
      previous_x: d.posteriorMeanCoef1[t] * x + d.posteriorMeanCoef2[t] * xt[i],
    }[type];
  });
}

describe('stepMoments', () => {
  const x0 = [0.5, -0.9, 0.1];

  it.each(['epsilon', 'sample', 'v_prediction', 'previous_x'] as const)(
    'finds the same clean image and mean from %s',
    (predictionType) => {
      const out = outputFor(predictionType, x0, 2);
      const { x0Hat, mean, diffusion: d } = moments({ predictionType }, 2, out);
      expectAllclose(x0Hat, x0, { atol });
      const expected = x0.map(
        (x, i) => d.posteriorMeanCoef1[2] * x + d.posteriorMeanCoef2[2] * xt[i],
      );
      expectAllclose(mean, expected, { atol });
    },
  );

  it('clips the clean image before the mean, to the range asked for', () => {
    const out = outputFor('epsilon', [3, -0.5, -4], 1);
    expectAllclose(moments({}, 1, out).x0Hat, [1, -0.5, -1], { atol });
    expectAllclose(moments({ clipRange: 2 }, 1, out).x0Hat, [2, -0.5, -2], { atol });
    expectAllclose(moments({ clipDenoised: false }, 1, out).x0Hat, [3, -0.5, -4], { atol: 1e-5 });
  });

  it('returns clip(x0) without noise at label 0', () => {
    const { mean, x0Hat, coefficients } = moments({}, 0, outputFor('epsilon', [3, 0.2, -4], 0));
    expect(coefficients.hasNoise).toBe(false);
    expect(mean).toEqual(x0Hat);
    expectAllclose(mean, [1, 0.2, -1], { atol: 1e-4 });
  });

  it('interpolates a learned variance between the posterior and beta, and beyond', () => {
    const out = [...outputFor('epsilon', x0, 2), -1, 1, 3];
    const { logVariance, diffusion: d } = moments({ varianceType: 'learned_range' }, 2, out);
    const [low, high] = [d.posteriorLogVarianceClipped[2], Math.log(d.betas[2])];
    expectAllclose(logVariance, [low, high, 2 * high - low], { atol });
    const learned = moments({ varianceType: 'learned' }, 2, out);
    expectAllclose(learned.variance, [-1, 1, 3].map(Math.exp), { rtol: 1e-6 });
  });

  it('has the fixed variances of DDPM, each with its own value at label 0', () => {
    const out = [0, 0, 0];
    const small = moments({}, 2, out);
    expectAllclose(small.variance, Array(3).fill(small.diffusion.posteriorVariance[2]), {
      rtol: 1e-6,
    });
    const large = moments({ varianceType: 'fixed_large' }, 2, out);
    expectAllclose(large.variance, Array(3).fill(large.diffusion.betas[2]), { rtol: 1e-6 });
    const first = moments({ varianceType: 'fixed_large' }, 0, out);
    expectAllclose(first.variance, Array(3).fill(first.diffusion.posteriorVariance[1]), {
      rtol: 1e-6,
    });
  });

  it('bounds by a quantile of each image where thresholding is on', () => {
    const config = {
      predictionType: 'sample',
      threshold: { ratio: 0.5, maxValue: 10 },
      clipDenoised: true,
    } as const;
    // |x0| = 4, 2, 1: the median 2 bounds and divides.
    expectAllclose(moments(config, 1, [4, -2, 1]).x0Hat, [1, -1, 0.5], { atol });
    // A median below 1 bounds at 1.
    expectAllclose(moments(config, 1, [4, 0.2, 0.5]).x0Hat, [1, 0.2, 0.5], { atol });
  });

  it('refuses outputs of the wrong size and a learned variance without channels for it', () => {
    expect(() => splitOutput(new Float32Array(4), shape)).toThrow('3 or 6 values');
    expect(() => moments({ varianceType: 'learned' }, 1, [0, 0, 0])).toThrow('2C output channels');
    const diffusion = createDiffusion(linearConfig, steps);
    expect(() => stepCoefficients(diffusion, 5, null)).toThrow('0..4, got 5');
  });
});

describe('DDIM', () => {
  const out = outputFor('epsilon', [0.5, -3, 0.1], 3);

  it('is the ancestral step with fixed_small at eta 1', () => {
    const ancestral = moments({}, 3, out);
    const ddim = moments({}, 3, out, 1);
    expectAllclose(ddim.mean, ancestral.mean, { atol });
    expectAllclose(ddim.variance, ancestral.variance, { rtol: 1e-6 });
  });

  it('steps along the noise of the clipped prediction without noise at eta 0', () => {
    const { mean, variance, x0Hat, diffusion: d } = moments({}, 3, out, 0);
    const [a, prev] = [d.alphasCumprod[3], d.alphasCumprodPrev[3]];
    const expected = Array.from(x0Hat, (x, i) => {
      const eps = (xt[i] - Math.sqrt(a) * x) / Math.sqrt(1 - a);
      return Math.sqrt(prev) * x + Math.sqrt(1 - prev) * eps;
    });
    expectAllclose(mean, expected, { atol });
    expect([...variance]).toEqual([0, 0, 0]);
  });
});
