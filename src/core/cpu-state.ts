/** The sampler state on Float32Array: the reference every other state must match. */
import { addNoise, addStepNoise } from './add-noise.js';
import { guidanceCalls, noGuidance, predictGuided, type Guidance } from './guidance.js';
import { knownRegion, type KnownPixels, type KnownRegion } from './known-region.js';
import type { GradientModel, ImageShape, Network } from './network.js';
import type { NoiseDraw, NoiseSource } from './noise.js';
import { checkFinite } from './non-finite.js';
import { emptyMoments, stepMoments, varianceOf, type StepMoments } from './posterior.js';
import type {
  DenoiseStep,
  NoiseLevel,
  QSampleStep,
  RenoiseStep,
  SamplerState,
  StateImages,
} from './sampler-state.js';

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

/** Moves since the last injection that gave the kept pixels no noise. */
interface LateMoves {
  readonly step: DenoiseStep;
  readonly renoises: RenoiseStep[];
}

/**
 * Holds a batch as planar Float32Array; every operation is elementwise and in place.
 *
 * Noise costs more than all the rest here, and the next injection overwrites what it made of the
 * kept pixels. So moves draw it for the others only, and when somebody looks before an injection
 * does, `catchUp` makes them again with all of it: counters give the same noise at any time.
 */
export class CpuSamplerState implements SamplerState {
  readonly shape: ImageShape;
  readonly device: string;
  readonly callsPerStep: number;
  private readonly _region: KnownRegion | null;
  private readonly _xt: Float32Array;
  private readonly _z: Float32Array;
  private readonly _moments: StepMoments;
  private _hasX0Hat = false;
  /** Null: x_t is right everywhere. */
  private _late: LateMoves | null = null;

  constructor(private readonly _options: CpuStateOptions) {
    const { shape, pixels, guidance = noGuidance } = _options;
    this.shape = shape;
    this.device = _options.device ?? 'cpu';
    this.callsPerStep = guidanceCalls(guidance, shape[0]).length;
    this._region = pixels ? knownRegion(pixels, shape) : null;
    const length = shape[0] * shape[1] * shape[2] * shape[3];
    this._xt = new Float32Array(length);
    this._z = new Float32Array(length);
    this._moments = emptyMoments(length);
  }

  async start(): Promise<void> {
    this._xt.set(this._draw({ purpose: 'start', transition: 0 }));
    this._forgetStep();
  }

  async startFrom(x0: Float32Array, step: QSampleStep): Promise<void> {
    if (x0.length !== this._xt.length) {
      throw new RangeError(
        `start image must hold ${this._xt.length} values for [${this.shape.join(', ')}], got ${x0.length}`,
      );
    }
    addNoise(x0, step, this._draw({ purpose: 'start', transition: 0 }), this._xt);
    this._forgetStep();
  }

  async denoise(step: DenoiseStep): Promise<void> {
    if (step.inject) this._injectKnown(step.inject, step.transition);
    else this._catchUp();
    const { network, guidance = noGuidance } = this._options;
    const call = { xt: this._xt, shape: this.shape, timestep: step.timestep };
    const running = predictGuided(network, call, guidance);
    // Before the answer is awaited: a network that computes elsewhere goes on meanwhile.
    if (step.coefficients.hasNoise) this._draw(stepDraw(step), this._region?.leavesXt);
    const out = await running;
    checkFinite(out, { ...step, device: this.device });
    stepMoments(step.coefficients, this._xt, out, this.shape, this._moments);
    this._hasX0Hat = true;
    await this._shiftMean(step);
    this._finishStep(step);
    this._late = step.coefficients.hasNoise && this._region ? { step, renoises: [] } : null;
  }

  async renoise(step: RenoiseStep): Promise<void> {
    this._addRenoise(step, this._late ? this._region?.leavesXt : undefined);
    this._late?.renoises.push(step);
  }

  async restart(step: QSampleStep): Promise<void> {
    if (!this._hasX0Hat) throw new RangeError('a restart needs a network call before it');
    const z = this._draw({ purpose: 'restart', transition: step.transition });
    addNoise(this._moments.x0Hat, step, z, this._xt);
    this._late = null;
  }

  async readXt(): Promise<Float32Array> {
    this._catchUp();
    return this._xt.slice();
  }

  async readX0Hat(): Promise<Float32Array | null> {
    return this._hasX0Hat ? this._moments.x0Hat.slice() : null;
  }

  async readMemory(): Promise<Int32Array | null> {
    return (await this._options.network.memory?.()) ?? null;
  }

  async restore(images: StateImages): Promise<void> {
    this._forgetStep();
    if (images.memory) this._options.network.recall?.(images.memory);
    this._xt.set(images.xt);
    if (!images.x0Hat) return;
    this._moments.x0Hat.set(images.x0Hat);
    this._hasX0Hat = true;
  }

  private _forgetStep(): void {
    this._hasX0Hat = false;
    this._late = null;
  }

  /** Known pixels at the noise level of the network's input (docs/sampler.md, "order"). */
  private _injectKnown(level: NoiseLevel, transition: number): void {
    if (!this._region) return;
    const { known, keepMask, takesKnown } = this._region;
    const { fround } = Math;
    const { signal, sigma } = level;
    const xt = this._xt;
    const z = this._draw({ purpose: 'known', transition }, takesKnown);
    for (let i = 0; i < xt.length; i++) {
      const noisy = fround(signal * known[i] + sigma * z[i]);
      xt[i] = keepMask[i] * noisy + (1 - keepMask[i]) * xt[i];
    }
    this._late = null;
  }

  /** Classifier guidance: mean + variance * scale * gradient. */
  private async _shiftMean(step: DenoiseStep): Promise<void> {
    const { classifier } = this._options;
    if (!classifier) return;
    const gradient = await classifier.model.gradient({
      xt: this._xt,
      shape: this.shape,
      timestep: step.timestep,
      classLabels: classifier.classLabels,
    });
    const { gradientShift, variance } = step.coefficients;
    const { mean, logVariance } = this._moments;
    const shifts = gradientShift === null ? varianceOf(variance, logVariance) : null;
    for (let i = 0; i < mean.length; i++) {
      mean[i] += (shifts?.[i] ?? gradientShift ?? 0) * classifier.scale * gradient[i];
    }
  }

  /** x_{t-1} from the moments and the noise drawn. */
  private _finishStep({ coefficients }: DenoiseStep): void {
    if (coefficients.hasNoise)
      addStepNoise(this._moments, coefficients.variance, this._z, this._xt);
    else this._xt.set(this._moments.mean);
  }

  private _addRenoise(step: RenoiseStep, wanted?: Uint8Array): void {
    const z = this._draw({ purpose: 'renoise', transition: step.transition }, wanted);
    addNoise(this._xt, step, z, this._xt);
  }

  /** Makes x_t right everywhere. */
  private _catchUp(): void {
    if (!this._late) return;
    const { step, renoises } = this._late;
    this._draw(stepDraw(step));
    this._finishStep(step);
    for (const renoise of renoises) this._addRenoise(renoise);
    this._late = null;
  }

  /** Draws noise into z, where it is wanted. Shapes: wanted [N*C*H*W]. */
  private _draw(draw: NoiseDraw, wanted?: Uint8Array): Float32Array {
    const { shape, _z: z, _options: options } = this;
    const size = z.length / shape[0];
    for (let n = 0; n < shape[0]; n++) {
      const [from, to] = [n * size, (n + 1) * size];
      options.noise.fill(draw, n, z.subarray(from, to), wanted?.subarray(from, to));
    }
    return z;
  }
}

function stepDraw({ transition }: DenoiseStep): NoiseDraw {
  return { purpose: 'step', transition };
}
