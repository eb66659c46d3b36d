import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compositeKnown } from '../../../src/core/composite.js';
import { CpuSamplerState } from '../../../src/core/cpu-state.js';
import { createDiffusion, type DiffusionConfig } from '../../../src/core/diffusion.js';
import type { Guidance } from '../../../src/core/guidance.js';
import type { ImageShape, Network, NetworkCall } from '../../../src/core/network.js';
import { PhiloxNoise, type NoiseDraw, type NoiseSource } from '../../../src/core/noise.js';
import { NonFiniteOutputError } from '../../../src/core/non-finite.js';
import { runWalk, type WalkStep } from '../../../src/core/sampler.js';
import type { SamplerState } from '../../../src/core/sampler-state.js';
import { planWalk, type WalkSettings } from '../../../src/core/walk.js';
import { requestGpu } from '../../../src/engine/gpu-device.js';
import { GpuSamplerState } from '../../../src/engine/gpu/gpu-state.js';
import { createStepKernels, type StepKernels } from '../../../src/engine/gpu/step-kernels.js';
import { rgbaFromPlanar } from '../../../src/image/planar.js';
import { linearConfig, settings } from '../../core/chains.js';
import { gpuAdapterName } from '../browser-setup.js';
import { maxDifference } from '../max-difference.js';
import { HostNetwork } from './host-network.js';

const shape: ImageShape = [2, 3, 8, 12];
const size = 3 * 8 * 12;

/** Blurs a little towards the row above; with 2C channels also answers a variance. */
class SmoothNetwork implements Network {
  constructor(private readonly _outChannels: number) {}

  predict({ xt, shape: [n], timestep, classLabels }: NetworkCall): Promise<Float32Array> {
    const stride = (this._outChannels / 3) * size;
    const out = new Float32Array(n * stride);
    for (let image = 0; image < n; image++) {
      const label = classLabels?.[image] ?? 0;
      for (let i = 0; i < size; i++) {
        const x = xt[image * size + i];
        const above = xt[image * size + ((i + size - 12) % size)];
        out[image * stride + i] = Math.tanh(0.6 * x + 0.3 * above + 0.1 * label - timestep / 2000);
        if (stride > size) out[image * stride + size + i] = Math.sin(3 * x);
      }
    }
    return Promise.resolve(out);
  }
}

/** Noise the kernels cannot know. */
class WaveNoise implements NoiseSource {
  fill({ purpose, transition }: NoiseDraw, image: number, out: Float32Array): void {
    const phase = purpose.length + transition * 0.7 + image * 0.3;
    out.forEach((_, i) => (out[i] = 1.4 * Math.sin(i * 0.37 + phase)));
  }
}

const config = linearConfig;
const walk = settings(12, 3, 2);
const pixels = {
  known: Float32Array.from({ length: 2 * size }, (_, i) => Math.cos(i * 0.11)),
  keepMask: Float32Array.from({ length: 8 * 12 }, (_, i) =>
    i % 12 < 5 ? 1 : i % 12 < 6 ? 0.5 : 0,
  ),
};

/** Every state after a network call, and the final image. */
async function trace(
  state: SamplerState,
  walkSettings: WalkSettings,
  diffusionConfig: DiffusionConfig,
) {
  const plan = planWalk(walkSettings, diffusionConfig, { callsPerStep: state.callsPerStep });
  const diffusion = createDiffusion(diffusionConfig, plan.timesteps);
  const states: Float32Array[] = [];
  const run = runWalk({ plan, diffusion, state });
  for (;;) {
    const { done, value } = await run.next();
    if (done) return [...states, value];
    states.push(await state.readXt(), await value.readX0Hat());
  }
}

describe.skipIf(!gpuAdapterName)(`the GPU state (${gpuAdapterName})`, () => {
  let kernels: StepKernels;

  beforeAll(async () => {
    const answer = await requestGpu(true);
    if (answer.status === 'refused') throw new Error(answer.reason);
    kernels = await createStepKernels(answer.grant.device);
    kernels.device.pushErrorScope('validation');
  });

  afterAll(async () => {
    expect(await kernels.device.popErrorScope()).toBeNull();
    kernels.device.destroy();
  });

  interface Case {
    readonly noise?: NoiseSource;
    readonly guidance?: Guidance;
    readonly outChannels?: number;
    readonly network?: Network;
  }

  function bothStates({ noise, guidance, outChannels = 3, network }: Case) {
    const host = network ?? new SmoothNetwork(outChannels);
    const source = noise ?? new PhiloxNoise([7, 2n ** 40n + 3n], 1);
    const common = { shape, noise: source, pixels, guidance };
    const cpu = new CpuSamplerState({ ...common, network: host });
    const networkShape: ImageShape = [2 * cpu.callsPerStep, 3, 8, 12];
    const gpu = new GpuSamplerState({
      ...common,
      kernels,
      network: new HostNetwork(kernels.device, host, networkShape, outChannels),
    });
    return { cpu, gpu };
  }

  async function expectSameTrace(setup: Case, walkChange = {}, configChange = {}) {
    const { cpu, gpu } = bothStates(setup);
    const change = [
      { ...walk, ...walkChange },
      { ...config, ...configChange },
    ] as const;
    const expected = await trace(cpu, ...change);
    const got = await trace(gpu, ...change);
    expect(got.length).toBe(expected.length);
    const differences = got.map((state, i) => maxDifference(state, expected[i]));
    // Float32 against float64 rounded once; 1e-4 over a whole trace is the bar of the design.
    expect(Math.max(...differences)).toBeLessThan(1e-4);
  }

  test('start noise is the core’s to 1e-5, for every seed and level', async () => {
    for (const [seeds, level] of [
      [[0, 1], 0],
      [[4294967295, 2n ** 63n + 12345n], 2],
    ] as const) {
      const noise = new PhiloxNoise(seeds, level);
      const { gpu } = bothStates({ noise });
      await gpu.start();
      const got = await gpu.readXt();
      for (const image of [0, 1]) {
        const expected = new Float32Array(size);
        noise.fill({ purpose: 'start', transition: 0 }, image, expected);
        const image0 = got.subarray(image * size, (image + 1) * size);
        expect(maxDifference(image0, expected)).toBeLessThan(1e-5);
      }
    }
  });

  test('renoise noise is the core’s to 1e-5 over many transitions, tails included', async () => {
    const noise = new PhiloxNoise([99, 100]);
    const { gpu } = bothStates({ noise });
    await gpu.start();
    let worst = 0;
    let largest = 0;
    for (let transition = 0; transition < 200; transition++) {
      await gpu.renoise({ t: 0, transition, signal: 0, sigma: 1 });
      const got = await gpu.readXt();
      const expected = new Float32Array(size);
      noise.fill({ purpose: 'renoise', transition }, 0, expected);
      worst = Math.max(worst, maxDifference(got.subarray(0, size), expected));
      largest = expected.reduce((most, z) => Math.max(most, Math.abs(z)), largest);
    }
    expect(largest).toBeGreaterThan(4);
    expect(worst).toBeLessThan(1e-5);
  });

  test('a whole trace equals the CPU state’s: eps, fixed variance, Philox', async () => {
    await expectSameTrace({});
  });

  test('a whole trace equals the CPU state’s: recorded noise', async () => {
    await expectSameTrace({ noise: new WaveNoise() });
  });

  test.each(['v_prediction', 'sample', 'previous_x'] as const)(
    'a whole trace equals the CPU state’s: %s',
    async (predictionType) => expectSameTrace({}, {}, { predictionType }),
  );

  test.each(['learned_range', 'fixed_large'] as const)(
    'a whole trace equals the CPU state’s: %s',
    async (varianceType) => {
      const outChannels = varianceType === 'learned_range' ? 6 : 3;
      await expectSameTrace({ outChannels }, {}, { varianceType });
    },
  );

  test('a whole trace equals the CPU state’s: guidance, both halves in one call', async () => {
    const guidance = { classLabels: Int32Array.of(3, 1), nullClassLabel: 6, scale: 2.5 };
    await expectSameTrace({ guidance });
    await expectSameTrace({ guidance, outChannels: 6 }, {}, { varianceType: 'learned' });
  });

  test('a whole trace equals the CPU state’s: DDIM and restarts', async () => {
    await expectSameTrace({}, { eta: 0 });
    await expectSameTrace({}, { eta: 0.5, sampler: 'sdedit' });
  });

  test('the preview is the composite of the predicted image in 8 bits', async () => {
    const { gpu } = bothStates({});
    const plan = planWalk(walk, config);
    const diffusion = createDiffusion(config, plan.timesteps);
    const step = await runWalk({ plan, diffusion, state: gpu }).next();
    const preview = await gpu.readPreview();
    const x0Hat = await (step.value as WalkStep).readX0Hat();
    const composite = compositeKnown(x0Hat, pixels.known, pixels.keepMask, shape);
    for (const image of [0, 1]) {
      const data = Float32Array.from(composite.subarray(image * size, (image + 1) * size));
      const expected = rgbaFromPlanar({ width: 12, height: 8, channels: 3, data }).data;
      const got = preview.subarray(image * 8 * 12 * 4, (image + 1) * 8 * 12 * 4);
      // A value within rounding of a half may fall to either side.
      expected.forEach((level, i) => expect(Math.abs(got[i] - level)).toBeLessThanOrEqual(1));
      expect(got.filter((level, i) => level !== expected[i]).length).toBeLessThan(3);
    }
  });

  test('image k of a batch equals image k alone, bit for bit', async () => {
    const seeds = [7, 8];
    const walkOf = (batchSeeds: readonly number[]) => {
      const batchShape: ImageShape = [batchSeeds.length, 3, 8, 12];
      const state = new GpuSamplerState({
        kernels,
        shape: batchShape,
        network: new HostNetwork(kernels.device, new SmoothNetwork(3), batchShape, 3),
        noise: new PhiloxNoise(batchSeeds),
        pixels: { known: pixels.known.slice(0, size), keepMask: pixels.keepMask },
      });
      return trace(state, walk, config);
    };
    const batch = (await walkOf(seeds)).at(-1)!;
    for (const [k, seed] of seeds.entries()) {
      const alone = (await walkOf([seed])).at(-1)!;
      expect(batch.slice(k * size, (k + 1) * size)).toEqual(alone);
    }
  });

  test('a walk goes on from a snapshot bit for bit', async () => {
    const plan = planWalk(walk, config);
    const diffusion = createDiffusion(config, plan.timesteps);
    const first = runWalk({ plan, diffusion, state: bothStates({}).gpu });
    let snapshot;
    let step = await first.next();
    for (; !step.done; step = await first.next()) {
      if (step.value.nfe === 9) snapshot = await step.value.snapshot();
    }
    const second = runWalk({ plan, diffusion, state: bothStates({}).gpu, resume: snapshot });
    let again = await second.next();
    while (!again.done) again = await second.next();
    expect(again.value).toEqual(step.value);
  });

  test('a denoise costs two dispatches beside the network, a renoise one, and reads nothing', async () => {
    const { gpu } = bothStates({});
    const plan = planWalk(walk, config);
    const diffusion = createDiffusion(config, plan.timesteps);
    const run = runWalk({ plan, diffusion, state: gpu });
    while (!(await run.next()).done);
    const first = 1 + 1; // start noise; the first call injects nothing
    expect(gpu.counts.dispatches).toBe(first + 2 * (plan.nfe - 1) + plan.undoSteps);
    const finalImage = 4 * 2 * size;
    const reports = 16 * (Math.floor(plan.nfe / 16) + 1);
    expect(gpu.counts.bytesReadBack).toBe(finalImage + reports);
  });

  test('a network that answers NaN ends the walk with the step, the count and the range', async () => {
    let calls = 0;
    const network: Network = {
      predict: async (call) => {
        const out = await new SmoothNetwork(3).predict(call);
        if (++calls === 4) out.set([NaN, Infinity, -7.5], 20);
        return out;
      },
    };
    const { gpu } = bothStates({ network });
    const failure = await trace(gpu, walk, config).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NonFiniteOutputError);
    expect((failure as NonFiniteOutputError).report).toMatchObject({
      transition: 3,
      count: 2,
      total: 2 * size,
      min: -7.5,
    });
  });
});
