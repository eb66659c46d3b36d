/**
 * The sampler state as its formulas read: new arrays for everything, noise for every value, a clamp
 * that compares. Each `map` rounds to float32 where the formula does.
 */
import { spreadOverBatch } from '../../src/core/composite.js';
import type { CpuStateOptions } from '../../src/core/cpu-state.js';
import { noGuidance, predictGuided } from '../../src/core/guidance.js';
import { normalPair } from '../../src/core/normal.js';
import { noisePurposes, type NoiseDraw, type PhiloxNoise } from '../../src/core/noise.js';
import { philox4x32 } from '../../src/core/philox.js';
import type { DenoiseStep, NoiseLevel, SamplerState } from '../../src/core/sampler-state.js';
import type { StepCoefficients } from '../../src/core/step-coefficients.js';

const { fround } = Math;

function addNoise(x: Float32Array, { signal, sigma }: NoiseLevel, z: Float32Array): Float32Array {
  return x.map((value, i) => signal * value + sigma * z[i]);
}

/** Image n's prediction lies in the first of its two parts, its variance in the second. */
function part(out: Float32Array, length: number, images: number, which: 0 | 1): Float32Array {
  const size = length / images;
  const stride = out.length / images;
  return new Float32Array(length).map(
    (_, i) => out[Math.floor(i / size) * stride + which * size + (i % size)],
  );
}

function bounded(c: StepCoefficients, x0: Float32Array, images: number): Float32Array {
  const clip = c.clipRange ?? Infinity;
  const clipped = x0.map((x) => (x < -clip ? -clip : x > clip ? clip : x));
  if (!c.threshold) return clipped;
  const { ratio, maxValue } = c.threshold;
  const size = x0.length / images;
  return clipped.map((x, i) => {
    const from = i - (i % size);
    const sizes = clipped
      .slice(from, from + size)
      .map(Math.abs)
      .sort();
    const at = ratio * (size - 1);
    const [low, high] = [sizes[Math.floor(at)], sizes[Math.min(Math.floor(at) + 1, size - 1)]];
    const bound = Math.min(Math.max(low + (at - Math.floor(at)) * (high - low), 1), maxValue);
    return Math.min(Math.max(x, -bound), bound) / bound;
  });
}

function logVariances(c: StepCoefficients, learned: Float32Array): Float32Array {
  const { variance } = c;
  if (variance.kind === 'fixed') return learned.map(() => variance.logVariance);
  if (variance.kind === 'learned') return learned;
  return learned.map((v) => {
    const w = (v + 1) / 2;
    return w * variance.maxLog + (1 - w) * variance.minLog;
  });
}

export class ReferenceState implements SamplerState {
  readonly device = 'reference';
  readonly callsPerStep = 1;
  private _xt: Float32Array = new Float32Array(0);
  private _x0Hat: Float32Array | null = null;

  constructor(
    private readonly _options: CpuStateOptions,
    private readonly _noise: PhiloxNoise,
  ) {}

  get shape() {
    return this._options.shape;
  }

  async start() {
    this._xt = this._draw('start', 0);
  }

  async startFrom(x0: Float32Array, step: NoiseLevel) {
    this._xt = addNoise(x0, step, this._draw('start', 0));
  }

  async denoise(step: DenoiseStep) {
    const { _options: options, shape } = this;
    const c = step.coefficients;
    if (step.inject) this._inject(step.inject, step.transition);
    const xt = this._xt;
    const call = { xt, shape, timestep: step.timestep };
    const out = await predictGuided(options.network, call, options.guidance ?? noGuidance);
    const output = part(out, xt.length, shape[0], 0);
    const [a, b] = [fround(c.x0FromXt), fround(c.x0FromOutput)];
    const x0 = xt.map((x, i) => fround(a * x) + fround(b * output[i]));
    const x0Hat = bounded(c, x0, shape[0]);
    const logVariance = logVariances(c, part(out, xt.length, shape[0], 1));
    let mean = xt.map(
      (x, i) => c.meanFromX0 * x0Hat[i] + c.meanFromXt * x + c.meanFromOutput * output[i],
    );
    if (options.classifier) mean = await this._shifted(mean, step, logVariance);
    const z = this._draw('step', step.transition);
    this._xt = c.hasNoise ? mean.map((m, i) => m + Math.exp(logVariance[i] / 2) * z[i]) : mean;
    this._x0Hat = x0Hat;
  }

  async renoise(step: NoiseLevel & { readonly transition: number }) {
    this._xt = addNoise(this._xt, step, this._draw('renoise', step.transition));
  }

  async restart(step: NoiseLevel & { readonly transition: number }) {
    this._xt = addNoise(this._x0Hat!, step, this._draw('restart', step.transition));
  }

  async readXt() {
    return this._xt.slice();
  }

  async readX0Hat() {
    return this._x0Hat?.slice() ?? null;
  }

  async restore(): Promise<void> {
    throw new RangeError('the reference is never restored');
  }

  private _inject(level: NoiseLevel, transition: number): void {
    const { pixels, shape } = this._options;
    if (!pixels) return;
    const keep = spreadOverBatch(pixels.keepMask, shape, 'keepMask');
    const known = spreadOverBatch(pixels.known, shape, 'known');
    const noisy = addNoise(known, level, this._draw('known', transition));
    this._xt = this._xt.map((x, i) => keep[i] * noisy[i] + (1 - keep[i]) * x);
  }

  private async _shifted(mean: Float32Array, step: DenoiseStep, logVariance: Float32Array) {
    const { model, scale, classLabels } = this._options.classifier!;
    const { timestep, coefficients } = step;
    const gradient = await model.gradient({
      xt: this._xt,
      shape: this.shape,
      timestep,
      classLabels,
    });
    const { variance, gradientShift } = coefficients;
    const variances = logVariance.map((log) =>
      variance.kind === 'fixed' ? variance.variance : Math.exp(log),
    );
    return mean.map((m, i) => m + (gradientShift ?? variances[i]) * scale * gradient[i]);
  }

  private _draw(purpose: NoiseDraw['purpose'], transition: number): Float32Array {
    const [n, ...image] = this.shape;
    const size = image.reduce((product, extent) => product * extent);
    const z = new Float32Array(n * size);
    const words = new Uint32Array(4);
    for (let i = 0; i < n * size; i += 2) {
      const at = i % size;
      const counter = Uint32Array.of(
        at >> 2,
        transition,
        noisePurposes[purpose],
        this._noise.level,
      );
      philox4x32(counter, this._noise.keys[Math.floor(i / size)], words);
      normalPair(words[at & 2], words[(at & 2) + 1], z, i);
    }
    return z;
  }
}
