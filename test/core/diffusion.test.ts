import { describe, expect, it } from 'vitest';
import { baseBetas, cumulativeAlphas } from '../../src/core/betas.js';
import {
  chainTimesteps,
  createDiffusion,
  networkTimestep,
  trainingAlphasCumprod,
} from '../../src/core/diffusion.js';
import { guidedDiffusionConfig } from '../../src/core/guided-diffusion-config.js';
import { expectAllclose } from './allclose.js';
import { linearConfig } from './chains.js';

// Independent float64 code agrees to 6e-10 (respaced betas are 1 - a / b).
const rtol = 1e-9;

describe('the base chain', () => {
  it('has the linear and the cosine schedule of the papers', () => {
    const linear = cumulativeAlphas(baseBetas('linear', 1e-4, 0.02, 1000));
    const at = [0, 249, 499, 749, 999].map((i) => linear[i]);
    // RePaint's code: named_betas("linear", 1000), 8 digits.
    expectAllclose(at, [0.9999, 0.52408537, 0.07858724, 0.00335055, 4.0358298e-5], { rtol: 2e-6 });
    const cosine = baseBetas('squaredcos_cap_v2', 0, 0, 1000);
    expectAllclose([cosine[0], cosine[1]], [4.128422e-5, 4.614175e-5], { rtol: 1e-6 });
    expect(cosine[999]).toBe(0.999);
    expect(cumulativeAlphas(cosine)[499]).toBeCloseTo(0.4938436, 7);
  });

  it('squares evenly spaced roots for scaled_linear and bends a sigmoid between the ends', () => {
    const scaled = baseBetas('scaled_linear', 0.0004, 0.01, 3);
    expectAllclose(scaled, [0.0004, 0.0036, 0.01], { rtol: 1e-12 });
    const sigmoid = baseBetas('sigmoid', 0.001, 0.011, 3);
    const low = 1 / (1 + Math.exp(6));
    expectAllclose(sigmoid, [0.001 + 0.01 * low, 0.006, 0.011 - 0.01 * low], { rtol: 1e-12 });
  });

  it('ends without any signal when rescaled to zero SNR, and starts as before', () => {
    const plain = trainingAlphasCumprod(linearConfig);
    const rescaled = trainingAlphasCumprod({ ...linearConfig, rescaleBetasZeroSnr: true });
    expect(rescaled[999]).toBe(0);
    expect(rescaled[0]).toBeCloseTo(plain[0], 12);
  });

  it('scales the linear range with the number of steps, as guided-diffusion does', () => {
    const { betaStart, betaEnd } = guidedDiffusionConfig({ diffusion_steps: 500 });
    expect([betaStart, betaEnd]).toEqual([2e-4, 0.04]);
    expect(() => guidedDiffusionConfig({ noise_schedule: 'square' })).toThrow('got "square"');
  });
});

describe('createDiffusion', () => {
  const diffusion = createDiffusion(linearConfig, chainTimesteps(linearConfig, 250));

  // The authors' SpacedDiffusion, "250" of 1000: tau, beta, A, c1, c2, variance, log variance.
  it.each([
    [0, 0, 1e-4, 0.9999, 1, 0, 0, -9.36462816],
    [1, 4, 5.990655645e-4, 0.9993009943, 0.8569824917, 0.1430175008, 8.570253441e-5, -9.36462816],
    [
      125, 502, 0.04929790363, 0.07623466679, 0.01511196082, 0.9708670288, 0.04908694209,
      -3.01416222,
    ],
    [
      249, 999, 0.07751934499, 4.035829765e-5, 5.127614984e-4, 0.9604553075, 0.07751908208,
      -2.55723115,
    ],
  ])('has the posterior of the official tables at label %i', (t, tau, ...numbers) => {
    const d = diffusion;
    expect(d.timesteps[t]).toBe(tau);
    const got = [
      d.betas[t],
      d.alphasCumprod[t],
      d.posteriorMeanCoef1[t],
      d.posteriorMeanCoef2[t],
      d.posteriorVariance[t],
      d.posteriorLogVarianceClipped[t],
    ];
    expectAllclose(got, numbers, { rtol, atol: 1e-8 });
  });

  it('tells the network the base step, or its rescaled value', () => {
    expect(networkTimestep(diffusion, 1)).toBe(4);
    const config = { ...linearConfig, numTrainTimesteps: 500, rescaleTimesteps: true };
    expect(networkTimestep(createDiffusion(config, [0, 55, 499]), 1)).toBe(110);
  });

  it('refuses steps that do not ascend within the chain, and bad betas', () => {
    expect(() => createDiffusion(linearConfig, [5])).toThrow('at least 2 steps, got 1');
    expect(() => createDiffusion(linearConfig, [0, 0])).toThrow('got 0 at label 1');
    expect(() => createDiffusion(linearConfig, [0, 1000])).toThrow('0..999, got 1000');
    const trainedBetas = [0.1, 2];
    const config = { ...linearConfig, numTrainTimesteps: 2, trainedBetas };
    expect(() => createDiffusion(config)).toThrow('beta[1] must lie in (0, 1], got 2');
    expect(() => createDiffusion({ ...config, numTrainTimesteps: 3 })).toThrow('3 trained betas');
  });
});
