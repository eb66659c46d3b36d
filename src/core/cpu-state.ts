/** The sampler state on Float32Array: the reference every other state must match. */
import { spreadOverBatch } from './composite.js';
import { guidanceCalls, noGuidance, predictGuided, type Guidance } from './guidance.js';
import type { GradientModel, ImageShape, Network } from './network.js';
import type { NoiseDraw, NoiseSource } from './noise.js';
import { checkFinite } from './non-finite.js';
import { stepMoments, varianceOf, type StepMoments } from './posterior.js';
import type {
  DenoiseStep,
  NoiseLevel,
  QSampleStep,
  RenoiseStep,
  SamplerState,
  StateImages,
} from './sampler-state.js';
import type { StepCoefficients } from './step-coefficients.js';

/** What is to be kept. Shapes: as `spreadOverBatch`. Units: known [-1, 1], keepMask 0..1. */
export interface KnownPixels {
  readonly known: Float32Array;
  /** 1 = known, 0 = generate. */
  readonly keepMask: Float32Array;
}

/** A classifier's gradient, its scale and the classes asked for. */
export interface ClassifierGuidance {
  readonly model: GradientModel;
  readonly scale: number;
  readonly classLabels: Int32Array | null;
}

export interface CpuStateOptions {
  readonly shape: ImageShape;
  readonly network: Network;
  readonly noise: NoiseSource;
  /** Null: nothing is known, plain sampling. */
  readonly pixels?: KnownPixels | null;
  readonly guidance?: Guidance;
  readonly classifier?: ClassifierGuidance | null;
  readonly device?: string;
}

/** Holds a batch as planar Float32Array; every operation is elementwise. */
export class CpuSamplerState implements SamplerState {
  readonly shape: ImageShape;
  readonly device: string;
  readonly callsPerStep: number;
  private readonly known: Float32Array | null;
  private readonly keepMask: Float32Array | null;
  private xt: Float32Array;
  private x0Hat: Float32Array | null = null;

  constructor(private readonly options: CpuStateOptions) {
    const { shape, pixels, guidance = noGuidance } = options;
    this.shape = shape;
    this.device = options.device ?? 'cpu';
    this.callsPerStep = guidanceCalls(guidance, shape[0]).length;
    this.known = pixels ? spreadOverBatch(pixels.known, shape, 'known') : null;
    this.keepMask = pixels ? spreadOverBatch(pixels.keepMask, shape, 'keepMask') : null;
    this.xt = new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]);
  }

  async start(): Promise<void> {
    this.xt = this.draw({ purpose: 'start', transition: 0 });
    this.x0Hat = null;
  }

  async startFrom(x0: Float32Array, step: QSampleStep): Promise<void> {
    if (x0.length !== this.xt.length) {
      throw new RangeError(
        `start image must hold ${this.xt.length} values for [${this.shape.join(', ')}], got ${x0.length}`,
      );
    }
    this.xt = addNoise(x0, step, this.draw({ purpose: 'start', transition: 0 }));
    this.x0Hat = null;
  }

  async denoise(step: DenoiseStep): Promise<void> {
    if (step.inject) this.injectKnown(step.inject, step.transition);
    const { network, guidance = noGuidance } = this.options;
    const call = { xt: this.xt, shape: this.shape, timestep: step.timestep };
    const running = predictGuided(network, call, guidance);
    // Noise does not wait for the network: it is drawn while the network's own threads are busy.
    const z = step.coefficients.hasNoise
      ? this.draw({ purpose: 'step', transition: step.transition })
      : null;
    const out = await running;
    checkFinite(out, { ...step, device: this.device });
    const moments = stepMoments(step.coefficients, this.xt, out, this.shape);
    const mean = await this.shiftMean(moments, step);
    this.x0Hat = moments.x0Hat;
    this.xt = z ? addStepNoise(mean, moments, step.coefficients, z) : mean;
  }

  async renoise(step: RenoiseStep): Promise<void> {
    const z = this.draw({ purpose: 'renoise', transition: step.transition });
    this.xt = addNoise(this.xt, step, z);
  }

  async restart(step: QSampleStep): Promise<void> {
    if (!this.x0Hat) throw new RangeError('a restart needs a network call before it');
    const z = this.draw({ purpose: 'restart', transition: step.transition });
    this.xt = addNoise(this.x0Hat, step, z);
  }

  async readXt(): Promise<Float32Array> {
    return this.xt.slice();
  }

  async readX0Hat(): Promise<Float32Array | null> {
    return this.x0Hat?.slice() ?? null;
  }

  async restore(images: StateImages): Promise<void> {
    this.xt = images.xt.slice();
    this.x0Hat = images.x0Hat?.slice() ?? null;
  }

  /** Known pixels at the noise level of the network's input (docs/sampler.md, "order"). */
  private injectKnown(level: NoiseLevel, transition: number): void {
    const { known, keepMask } = this;
    if (!known || !keepMask) return;
    const { fround } = Math;
    const { signal, sigma } = level;
    const z = this.draw({ purpose: 'known', transition });
    const xt = new Float32Array(z.length);
    for (let i = 0; i < xt.length; i++) {
      const noisy = fround(signal * known[i] + sigma * z[i]);
      xt[i] = keepMask[i] * noisy + (1 - keepMask[i]) * this.xt[i];
    }
    this.xt = xt;
  }

  /** Classifier guidance: mean + variance * scale * gradient. */
  private async shiftMean(moments: StepMoments, step: DenoiseStep): Promise<Float32Array> {
    const { classifier } = this.options;
    if (!classifier) return moments.mean;
    const gradient = await classifier.model.gradient({
      xt: this.xt,
      shape: this.shape,
      timestep: step.timestep,
      classLabels: classifier.classLabels,
    });
    const { gradientShift, variance } = step.coefficients;
    const shifts = gradientShift === null ? varianceOf(variance, moments.logVariance) : null;
    return moments.mean.map(
      (m, i) => m + (shifts?.[i] ?? gradientShift ?? 0) * classifier.scale * gradient[i],
    );
  }

  private draw(draw: NoiseDraw): Float32Array {
    const size = this.xt.length / this.shape[0];
    const z = new Float32Array(this.xt.length);
    for (let n = 0; n < this.shape[0]; n++) {
      this.options.noise.fill(draw, n, z.subarray(n * size, (n + 1) * size));
    }
    return z;
  }
}

function addNoise(x: Float32Array, { signal, sigma }: NoiseLevel, z: Float32Array): Float32Array {
  const noisy = new Float32Array(x.length);
  for (let i = 0; i < noisy.length; i++) noisy[i] = signal * x[i] + sigma * z[i];
  return noisy;
}

function addStepNoise(
  mean: Float32Array,
  { logVariance }: StepMoments,
  { variance }: StepCoefficients,
  z: Float32Array,
): Float32Array {
  const noisy = new Float32Array(mean.length);
  if (variance.kind === 'fixed') {
    const sigma = Math.exp(logVariance[0] / 2);
    for (let i = 0; i < noisy.length; i++) noisy[i] = mean[i] + sigma * z[i];
  } else {
    for (let i = 0; i < noisy.length; i++) {
      noisy[i] = mean[i] + Math.exp(logVariance[i] / 2) * z[i];
    }
  }
  return noisy;
}
