import { describe, expect, it } from 'vitest';
import { CpuSamplerState } from '../../src/core/cpu-state.js';
import { createDiffusion } from '../../src/core/diffusion.js';
import { callsPerStep, guidanceCalls, predictGuided } from '../../src/core/guidance.js';
import { makeMove } from '../../src/core/sampler.js';
import { planWalk } from '../../src/core/walk.js';
import { expectAllclose } from './allclose.js';
import { linearConfig, PointwiseNetwork, settings } from './chains.js';

const labels = Int32Array.of(2, 5);
const call = { xt: Float32Array.of(0, 0, 0, 0), shape: [2, 1, 1, 2], timestep: 7 } as const;
/** Answers the image's class label; twice, where there are two outputs. */
const labelNetwork = (outputs = 1) =>
  new PointwiseNetwork((_x, { classLabels }, i) => classLabels?.[i >> 1] ?? -1, outputs);

describe('classifier-free guidance', () => {
  it('needs one call for the class alone, for no class, or without classes', () => {
    const guided = { classLabels: labels, nullClassLabel: 9, scale: 2 };
    expect(guidanceCalls(guided, 2)).toEqual([labels, Int32Array.of(9, 9)]);
    expect(guidanceCalls({ ...guided, scale: 1 }, 2)).toEqual([labels]);
    expect(guidanceCalls({ ...guided, scale: 0 }, 2)).toEqual([Int32Array.of(9, 9)]);
    expect(guidanceCalls({ ...guided, classLabels: null }, 2)).toEqual([Int32Array.of(9, 9)]);
    expect(callsPerStep({ classLabels: null, nullClassLabel: null, scale: 4 })).toBe(1);
    expect(callsPerStep(guided)).toBe(2);
  });

  it.each([2, 0.5, -1])('mixes class and no class at scale %d', async (scale) => {
    const network = labelNetwork();
    const guidance = { classLabels: labels, nullClassLabel: 9, scale };
    const out = await predictGuided(network, call, guidance);
    const mix = (label: number) => 9 + scale * (label - 9);
    expectAllclose(out, [mix(2), mix(2), mix(5), mix(5)], { rtol: 1e-6 });
    expect(network.calls).toHaveLength(2);
  });

  it('takes a learned variance from the class call', async () => {
    const guidance = { classLabels: labels, nullClassLabel: 9, scale: 2 };
    const out = await predictGuided(labelNetwork(2), call, guidance);
    expect([...out]).toEqual([-5, -5, 2, 2, 1, 1, 5, 5]);
  });

  it('refuses what the network cannot give', () => {
    const guidance = { classLabels: labels, nullClassLabel: null, scale: 2 };
    expect(() => guidanceCalls(guidance, 2)).toThrow('"no class" label');
    expect(() => guidanceCalls(guidance, 3)).toThrow('expected 3 class labels, got 2');
  });
});

describe('classifier guidance', () => {
  const config = { ...linearConfig, clipDenoised: false };
  const gradient = Float32Array.of(0.7, -0.2);
  const diffusion = createDiffusion(config, [0, 300, 600, 999]);
  const xt = Float32Array.of(0.4, -0.9);

  async function step(eta: number | null, scale: number): Promise<Float32Array> {
    const plan = {
      ...planWalk(settings(4, 1, 1, { eta }), config),
      timesteps: diffusion.timesteps,
    };
    const state = new CpuSamplerState({
      shape: [1, 1, 1, 2],
      network: new PointwiseNetwork((x) => 0.5 * x),
      noise: { fill: (_draw, _image, out) => out.fill(0) },
      classifier: { model: { gradient: async () => gradient }, scale, classLabels: null },
    });
    await state.restore({ xt, x0Hat: null });
    await makeMove({ plan, diffusion, state }, { kind: 'denoise', t: 2 }, 1);
    return state.readXt();
  }

  it('shifts the mean by variance times scale times gradient', async () => {
    const [plain, guided] = [await step(null, 0), await step(null, 3)];
    const variance = diffusion.posteriorVariance[2];
    const expected = plain.map((x, i) => x + variance * 3 * gradient[i]);
    expectAllclose(guided, expected, { atol: 1e-6 });
  });

  it('shifts the predicted noise in a DDIM step', async () => {
    // guided-diffusion, Algorithm 2: eps := eps - sqrt(1 - A) * scale * gradient.
    const [a, prev] = [diffusion.alphasCumprod[2], diffusion.alphasCumprodPrev[2]];
    const expected = xt.map((x, i) => {
      const eps = 0.5 * x - Math.sqrt(1 - a) * 3 * gradient[i];
      return (
        (Math.sqrt(prev) * (x - Math.sqrt(1 - a) * eps)) / Math.sqrt(a) + Math.sqrt(1 - prev) * eps
      );
    });
    expectAllclose(await step(0, 3), expected, { atol: 1e-5 });
  });
});
