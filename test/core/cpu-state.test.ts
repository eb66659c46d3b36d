/**
 * The CPU state's loops against the formulas they fuse, written one value and one rounding at a
 * time. Bit for bit: a seed's fill must not change because a loop did.
 */
import { expect, test } from 'vitest';
import { CpuSamplerState } from '../../src/core/cpu-state.js';
import type { ImageShape } from '../../src/core/network.js';
import { PhiloxNoise, type NoiseDraw } from '../../src/core/noise.js';
import type { DenoiseStep } from '../../src/core/sampler-state.js';
import type { StepCoefficients, StepVariance } from '../../src/core/step-coefficients.js';

const shape: ImageShape = [2, 3, 4, 6];
const size = 3 * 4 * 6;
const total = 2 * size;
const noise = new PhiloxNoise([5, 2 ** 33], 1);
const { fround } = Math;

const wave = (length: number, step: number) =>
  Float32Array.from({ length }, (_, i) => 1.3 * Math.sin(i * step));
const known = wave(total, 0.31);
const keepMask = Float32Array.from({ length: total }, (_, i) => [1, 0, 0.25, 1][i % 4]);
const out = wave(total, 0.77);
const learnedOut = wave(2 * total, 0.53);
const gradient = wave(total, 0.11);

const base: StepCoefficients = {
  x0FromXt: 1.37,
  x0FromOutput: -0.71,
  clipRange: 1,
  threshold: null,
  meanFromX0: 0.13,
  meanFromXt: 0.86,
  meanFromOutput: 0.05,
  variance: { kind: 'fixed', variance: 0.037, logVariance: Math.log(0.037) },
  gradientShift: null,
  hasNoise: true,
};
const inject = { signal: 0.83, sigma: 0.55 };

function draw(purpose: NoiseDraw['purpose'], transition: number): Float32Array {
  const z = new Float32Array(total);
  for (const n of [0, 1])
    noise.fill({ purpose, transition }, n, z.subarray(n * size, (n + 1) * size));
  return z;
}

/** Image n's values lie in the first of its two halves, the variance's in the second. */
function split(output: Float32Array, i: number): readonly [number, number] {
  if (output.length === total) return [output[i], NaN];
  const at = Math.floor(i / size) * 2 * size + (i % size);
  return [output[at], output[at + size]];
}

function logVariance(variance: StepVariance, learned: number): number {
  if (variance.kind === 'fixed') return fround(variance.logVariance);
  if (variance.kind === 'learned') return learned;
  const w = (learned + 1) / 2;
  return fround(w * variance.maxLog + (1 - w) * variance.minLog);
}

function expected(c: StepCoefficients, output: Float32Array, scale: number): Float32Array {
  const [start, knownNoise, stepNoise] = [draw('start', 0), draw('known', 3), draw('step', 3)];
  return start.map((x, i) => {
    const noisy = fround(inject.signal * known[i] + inject.sigma * knownNoise[i]);
    const xt = fround(keepMask[i] * noisy + (1 - keepMask[i]) * x);
    const [prediction, learned] = split(output, i);
    const x0 = fround(
      fround(fround(c.x0FromXt) * xt) + fround(fround(c.x0FromOutput) * prediction),
    );
    const x0Hat = fround(Math.min(1, Math.max(-1, x0)));
    const mean = fround(c.meanFromX0 * x0Hat + c.meanFromXt * xt + c.meanFromOutput * prediction);
    const log = logVariance(c.variance, learned);
    const variance =
      c.variance.kind === 'fixed' ? fround(c.variance.variance) : fround(Math.exp(log));
    const shifted =
      scale === 0 ? mean : fround(mean + (c.gradientShift ?? variance) * scale * gradient[i]);
    return c.hasNoise ? shifted + Math.exp(log / 2) * stepNoise[i] : shifted;
  });
}

async function walked(c: StepCoefficients, output: Float32Array, scale: number) {
  const state = new CpuSamplerState({
    shape,
    noise,
    network: { predict: async () => output },
    pixels: { known, keepMask },
    classifier:
      scale === 0
        ? null
        : { model: { gradient: async () => gradient }, scale, classLabels: Int32Array.of(1, 2) },
  });
  const step: DenoiseStep = { t: 3, timestep: 500, transition: 3, inject, coefficients: c };
  await state.start();
  await state.denoise(step);
  return state.readXt();
}

test.each<[string, Partial<StepCoefficients>, Float32Array, number]>([
  ['a fixed variance', {}, out, 0],
  ['the last step, without noise', { hasNoise: false }, out, 0],
  ['a learned log-variance', { variance: { kind: 'learned' } }, learnedOut, 0],
  [
    'a learned range',
    { variance: { kind: 'learned_range', minLog: -6, maxLog: -2 } },
    learnedOut,
    0,
  ],
  ['a classifier', {}, out, 1.7],
  ['a classifier and a shift of its own', { gradientShift: 0.3 }, out, 1.7],
  [
    'a classifier and a learned range',
    { variance: { kind: 'learned_range', minLog: -6, maxLog: -2 } },
    learnedOut,
    1.7,
  ],
])('with %s a step is the formulas’, bit for bit', async (_, change, output, scale) => {
  const c = { ...base, ...change };
  expect(await walked(c, output, scale)).toEqual(expected(c, output, scale));
});
