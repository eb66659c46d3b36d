/**
 * Two correlated Gaussian pixels, one known: the only case where the exact answer of every walk is
 * known. With the exact network and no clipping the sampler is linear, so with all noise zero the
 * unknown pixel must come out at the exact mean. Numbers: an independent float64 implementation.
 */
import { describe, expect, it } from 'vitest';
import { CpuSamplerState } from '../../src/core/cpu-state.js';
import { createDiffusion, type Diffusion, type VarianceType } from '../../src/core/diffusion.js';
import type { Network, NetworkCall } from '../../src/core/network.js';
import { PhiloxNoise, type NoiseSource } from '../../src/core/noise.js';
import { noiseLevel, undoStep } from '../../src/core/sampler.js';
import type { DenoiseStep, RenoiseStep } from '../../src/core/sampler-state.js';
import { planWalk } from '../../src/core/walk.js';
import { finish, linearConfig, settings } from './chains.js';

const rho = 0.9;
const known = 1.5;
const silence: NoiseSource = { fill: (_draw, _image, out) => out.fill(0) };
/** float32 state and coefficients through hundreds of steps. */
const meanAtol = 3e-6;

/** Pairs (known, unknown): eps of E[x0 | x_t] for x0 ~ N(0, [[1, rho], [rho, 1]]). */
class GaussianNetwork implements Network {
  constructor(private readonly _diffusion: Diffusion) {}

  async predict({ xt, timestep }: NetworkCall): Promise<Float32Array> {
    const a = this._diffusion.alphasCumprod[this._diffusion.timesteps.indexOf(timestep)];
    // Covariance of x_t: 1 on the diagonal, a * rho off it.
    const off = a * rho;
    const determinant = 1 - off * off;
    const out = new Float32Array(xt.length);
    for (let i = 0; i < xt.length; i += 2) {
      const u = (xt[i] - off * xt[i + 1]) / determinant;
      const w = (xt[i + 1] - off * xt[i]) / determinant;
      out[i] = this._eps(a, xt[i], u + rho * w);
      out[i + 1] = this._eps(a, xt[i + 1], rho * u + w);
    }
    return out;
  }

  private _eps(a: number, x: number, x0PerRootA: number): number {
    return (x - a * x0PerRootA) / Math.sqrt(1 - a);
  }
}

interface OracleRun {
  readonly walk: [t: number, j: number, r: number];
  readonly pairs?: number;
  readonly noise?: NoiseSource;
  readonly varianceType?: VarianceType;
  /** Labels by which injection and undo are wrong. */
  readonly mutation?: { inject?: number; undo?: number };
}

class MutatedState extends CpuSamplerState {
  diffusion: Diffusion | null = null;
  mutation: { inject?: number; undo?: number } = {};

  private _label(t: number, shift = 0): number {
    return Math.min(Math.max(t + shift, 0), this.diffusion!.numInferenceSteps - 1);
  }

  override denoise(step: DenoiseStep): Promise<void> {
    const level = noiseLevel(this.diffusion!, this._label(step.t, this.mutation.inject));
    return super.denoise({ ...step, inject: step.inject && level });
  }

  override renoise(step: RenoiseStep): Promise<void> {
    const level = undoStep(this.diffusion!, this._label(step.t, this.mutation.undo));
    return super.renoise({ ...step, ...level });
  }
}

/** Returns the unknown pixel of every pair. */
async function unknownPixels(run: OracleRun): Promise<Float32Array> {
  const { pairs = 1, noise = silence, varianceType = 'fixed_small' } = run;
  const config = { ...linearConfig, varianceType, clipDenoised: false };
  const plan = planWalk(settings(...run.walk), config);
  const diffusion = createDiffusion(config, plan.timesteps);
  const state = new MutatedState({
    shape: [1, 1, pairs, 2],
    network: new GaussianNetwork(diffusion),
    noise,
    pixels: {
      known: Float32Array.from({ length: 2 * pairs }, () => known),
      keepMask: Float32Array.from({ length: 2 * pairs }, (_, i) => (i % 2 === 0 ? 1 : 0)),
    },
  });
  state.diffusion = diffusion;
  state.mutation = run.mutation ?? {};
  return (await finish({ plan, diffusion, state })).filter((_, i) => i % 2 === 1);
}

function standardDeviation(values: Float32Array): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}

describe('the walk on two correlated pixels', () => {
  it.each([
    [250, 10, 1, 0.93307637],
    [250, 10, 5, 1.2755368],
    [250, 10, 10, 1.31269935],
    [50, 5, 1, 0.90350394],
    [50, 5, 3, 1.18233729],
    [50, 5, 10, 1.26717621],
    [50, 1, 10, 1.30633216],
    [25, 5, 2, 1.03885199],
    [20, 5, 3, 1.03037516],
    [10, 2, 2, 0.90946244],
  ])('has the exact mean for T=%i, j=%i, r=%i', async (t, j, r, mean) => {
    const [got] = await unknownPixels({ walk: [t, j, r] });
    expect(Math.abs(got - mean)).toBeLessThan(meanAtol);
  });

  // Standard error of a deviation over 20,000 chains is 0.5 %.
  it.each([
    ['fixed_small', [50, 5, 3], 0.42958],
    ['fixed_large', [50, 5, 3], 0.50905],
    ['fixed_small', [10, 2, 2], 0.4511],
    ['fixed_large', [10, 2, 2], 0.69417],
  ] as const)('has the exact spread with %s for %j', async (varianceType, [t, j, r], expected) => {
    const noise = new PhiloxNoise([20220124]);
    const values = await unknownPixels({ walk: [t, j, r], pairs: 20_000, noise, varianceType });
    expect(Math.abs(standardDeviation(values) / expected - 1)).toBeLessThan(0.02);
  });

  // What each mistake would give: the right numbers above are no accident.
  it.each([
    [[50, 5, 10], { inject: 1 }, 1.24582247],
    [[50, 5, 10], { inject: -1 }, 1.28376541],
    [[50, 5, 10], { undo: -1 }, 1.31595456],
    [[50, 5, 10], { undo: 1 }, 1.22047095],
    [[10, 2, 2], { inject: 1 }, 0.71140648],
    [[10, 2, 2], { inject: -1 }, 1.03412167],
    [[10, 2, 2], { undo: -1 }, 0.97060169],
    [[10, 2, 2], { undo: 1 }, 0.84726176],
  ] as const)('would show for %j that labels are off by %j', async ([t, j, r], mutation, mean) => {
    const [got] = await unknownPixels({ walk: [t, j, r], mutation });
    expect(Math.abs(got - mean)).toBeLessThan(meanAtol);
  });
});
