import { describe, expect, it } from 'vitest';
import { compositeKnown } from '../../src/core/composite.js';
import { CpuSamplerState } from '../../src/core/cpu-state.js';
import { createDiffusion } from '../../src/core/diffusion.js';
import type { ImageShape } from '../../src/core/network.js';
import { PhiloxNoise, type NoiseDraw } from '../../src/core/noise.js';
import { NonFiniteOutputError } from '../../src/core/non-finite.js';
import { noiseLevel, runWalk, undoStep, type WalkSnapshot } from '../../src/core/sampler.js';
import { samplerNames } from '../../src/core/walk.js';
import { expectAllclose } from './allclose.js';
import {
  finish,
  linearConfig,
  makeJob,
  PointwiseNetwork,
  settings,
  wavyNetwork,
} from './chains.js';

const shape: ImageShape = [1, 3, 4, 4];
const size = 48;
const known = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
const leftHalf = Float32Array.from({ length: 16 }, (_, i) => (i % 4 < 2 ? 1 : 0));

function options(seeds: number[] = [1], keepMask = leftHalf) {
  return {
    shape: [seeds.length, 3, 4, 4] as const,
    network: wavyNetwork(),
    noise: new PhiloxNoise(seeds),
    pixels: { known, keepMask },
  };
}

describe('runWalk', () => {
  it('equals ancestral sampling when nothing is known and r is 1', async () => {
    const {
      plan,
      diffusion: d,
      state,
    } = makeJob(settings(6, 2, 1), { ...options(), pixels: null });
    const got = await finish({ plan, diffusion: d, state });
    const noise = new PhiloxNoise([1]);
    const z = (draw: NoiseDraw) => {
      const out = new Float32Array(size);
      noise.fill(draw, 0, out);
      return out;
    };
    let x = [...z({ purpose: 'start', transition: 0 })];
    for (let t = 5; t >= 0; t--) {
      const step = z({ purpose: 'step', transition: 5 - t });
      x = x.map((v, i) => {
        const a = d.alphasCumprod[t];
        const eps = Math.tanh(v + d.timesteps[t] / 1000);
        const x0 = Math.min(Math.max((v - Math.sqrt(1 - a) * eps) / Math.sqrt(a), -1), 1);
        const mean = d.posteriorMeanCoef1[t] * x0 + d.posteriorMeanCoef2[t] * v;
        return mean + (t > 0 ? Math.sqrt(d.posteriorVariance[t]) * step[i] : 0);
      });
    }
    // float32 against float64 over six steps.
    expectAllclose(got, x, { atol: 1e-5 });
  });

  it('injects known pixels at the level of the call, but not at the first from noise', async () => {
    const network = new PointwiseNetwork(() => 0);
    const noise = { fill: (_draw: NoiseDraw, _image: number, out: Float32Array) => out.fill(0) };
    const job = makeJob(settings(4, 2, 2), { ...options(), network, noise });
    await finish(job);
    expect([...network.calls[0].xt]).toEqual(Array(size).fill(0));
    const labels = job.plan.transitions.filter((m) => m.kind === 'denoise').map((m) => m.t);
    network.calls.slice(1).forEach(({ xt }, i) => {
      const { signal } = noiseLevel(job.diffusion, labels[i + 1]);
      expectAllclose(
        xt.filter((_, k) => k % 4 < 2),
        known.filter((_, k) => k % 4 < 2).map((g) => signal * g),
        { atol: 1e-6 },
      );
    });
  });

  it('injects at the first call too when it starts from an image', async () => {
    const network = wavyNetwork();
    const job = makeJob(settings(10, 2, 2), { ...options(), network }, { startTimestep: 500 });
    await finish({ ...job, startImage: new Float32Array(size) });
    const { signal, sigma } = noiseLevel(job.diffusion, job.plan.startLabel);
    const z = new Float32Array(size);
    new PhiloxNoise([1]).fill({ purpose: 'known', transition: 0 }, 0, z);
    const start = new Float32Array(size);
    new PhiloxNoise([1]).fill({ purpose: 'start', transition: 0 }, 0, start);
    const expected = known.map((g, i) =>
      leftHalf[i % 16] === 1 ? signal * g + sigma * z[i] : sigma * start[i],
    );
    expectAllclose(network.calls[0].xt, expected, { atol: 1e-6 });
    await expect(finish(job)).rejects.toThrow('give startImage');
  });

  it('weights a soft keep mask linearly at injection', async () => {
    const network = new PointwiseNetwork(() => 0.25);
    const soft = Float32Array.from({ length: 16 }, (_, i) => i / 15);
    const job = makeJob(settings(3, 1, 1), { ...options([1], soft), network });
    const steps: Float32Array[] = [];
    await finish(job, async () => steps.push(await job.state.readXt()));
    const { signal, sigma } = noiseLevel(job.diffusion, 1);
    const z = new Float32Array(size);
    new PhiloxNoise([1]).fill({ purpose: 'known', transition: 1 }, 0, z);
    const expected = known.map((g, i) => {
      const m = soft[i % 16];
      return m * (signal * g + sigma * z[i]) + (1 - m) * steps[0][i];
    });
    expectAllclose(network.calls[1].xt, expected, { atol: 1e-6 });
  });

  it('re-noises with the beta of the label it reaches', async () => {
    const { plan, diffusion, state } = makeJob(settings(4, 2, 2), options());
    const climb = plan.transitions.findIndex((move) => move.kind === 'renoise');
    const xt = Float32Array.from({ length: size }, (_, i) => i / size);
    await state.restore({ xt, x0Hat: null });
    const { t } = plan.transitions[climb];
    await state.renoise({ t, transition: climb, ...undoStep(diffusion, t) });
    const z = new Float32Array(size);
    new PhiloxNoise([1]).fill({ purpose: 'renoise', transition: climb }, 0, z);
    const beta = diffusion.betas[t];
    const expected = xt.map((x, i) => Math.sqrt(1 - beta) * x + Math.sqrt(beta) * z[i]);
    expectAllclose(await state.readXt(), expected, { atol: 1e-6 });
  });

  it('returns the input when everything is known, and its composite is exact', async () => {
    const all = new Float32Array(16).fill(1);
    const x0 = await finish(makeJob(settings(5, 2, 2), options([1], all)));
    expect(compositeKnown(x0, known, all, shape)).toEqual(known);
  });

  it('returns the one image of an ideal denoiser', async () => {
    // E[x0 | x_t] of a one-image set is that image.
    const image = Float32Array.from({ length: size }, (_, i) => Math.cos(i));
    const network = new PointwiseNetwork((_x, _call, i) => image[i % size]);
    const config = { ...linearConfig, predictionType: 'sample' } as const;
    for (const sampler of samplerNames) {
      const walk = settings(8, 2, 3, { sampler });
      const x0 = await finish(makeJob(walk, { ...options(), network }, {}, config));
      expectAllclose(x0, image, { atol: 1e-6 });
    }
  });

  it('fills each image of a batch as it would alone', async () => {
    for (const sampler of samplerNames) {
      const walk = settings(6, 2, 3, { sampler });
      const batch = await finish(makeJob(walk, options([7, 8, 9])));
      const alone = await finish(makeJob(walk, options([8])));
      expect(batch.subarray(size, 2 * size), sampler).toEqual(alone);
      expect(batch.subarray(0, size)).not.toEqual(alone);
    }
  });

  it.each(samplerNames)('goes on from any snapshot of %s, bit for bit', async (sampler) => {
    const walk = settings(6, 2, 3, { sampler, eta: 0.7 });
    const snapshots: WalkSnapshot[] = [];
    const whole = await finish(makeJob(walk, options([3, 4])), async (step) =>
      snapshots.push(await step.snapshot()),
    );
    expect(snapshots.length).toBeGreaterThan(5);
    for (const resume of snapshots) {
      const job = makeJob(walk, options([3, 4]));
      let last = 0;
      const rest = await finish({ ...job, resume }, ({ nfe }) => (last = nfe));
      expect(rest).toEqual(whole);
      if (resume.transition < job.plan.transitions.length) expect(last).toBe(job.plan.nfe);
    }
  });

  it('stops between calls when no longer pulled, its prediction still readable', async () => {
    const { network, ...rest } = options();
    const walk = runWalk(makeJob(settings(6, 2, 3), { network, ...rest }));
    await walk.next();
    const { value } = await walk.next();
    if (!value || value instanceof Float32Array) throw new Error('the walk ended too early');
    await walk.return(new Float32Array(0));
    expect(network.calls).toHaveLength(2);
    expect(value).toMatchObject({ t: 4, timestep: 799, nfe: 2 });
    const x0Hat = await value.readX0Hat();
    expect(x0Hat.every((x) => Math.abs(x) <= 1)).toBe(true);
    expect((await walk.next()).done).toBe(true);
  });

  it('catches a network output that is not finite at its step', async () => {
    const network = new PointwiseNetwork((_x, { timestep }, i) =>
      timestep < 700 && i === 5 ? NaN : timestep < 700 && i === 6 ? Infinity : i / 10,
    );
    const job = makeJob(settings(5, 1, 1), { ...options(), network, device: 'test adapter' });
    const failure = await finish(job).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NonFiniteOutputError);
    const { report, message } = failure as NonFiniteOutputError;
    expect(report).toMatchObject({ transition: 2, t: 2, timestep: 500, count: 2, total: size });
    expect(report.max).toBeCloseTo(4.7, 5);
    expect(message).toContain('transition 2 (t 2, timestep 500)');
    expect(message).toContain('test adapter');
  });

  it('refuses parts that do not belong together', async () => {
    const job = makeJob(settings(5, 1, 1), options());
    const other = createDiffusion(linearConfig, [0, 1, 2]);
    await expect(finish({ ...job, diffusion: other })).rejects.toThrow('differ in their timesteps');
    const plan = { ...job.plan, nfe: 10 };
    await expect(finish({ ...job, plan })).rejects.toThrow('the plan counts 10 network calls');
    const resume = { transition: 99, xt: known, x0Hat: null };
    await expect(finish({ ...job, resume })).rejects.toThrow('transition 99');
    const state = new CpuSamplerState(options());
    await expect(
      state.startFrom(new Float32Array(2), { t: 0, transition: 0, signal: 1, sigma: 0 }),
    ).rejects.toThrow('48 values');
    await expect(state.restart({ t: 0, transition: 0, signal: 1, sigma: 0 })).rejects.toThrow(
      'network call before it',
    );
  });
});
