/**
 * The port between the walk and whatever holds the image: core decides what happens, a state does
 * it, on Float32Array here or on GPU buffers in the engine.
 */
import type { ImageShape } from './network.js';
import type { StepCoefficients } from './step-coefficients.js';

/** Law of x_t given x_0: x_t = signal * x_0 + sigma * z, sqrt(alpha-bar) and sqrt(1 - alpha-bar). */
export interface NoiseLevel {
  readonly signal: number;
  readonly sigma: number;
}

/** A reverse step: inject, call the network, take x_t to x_{t-1}. */
export interface DenoiseStep {
  readonly t: number;
  /** tau[t], or its rescaled value: what the network is told. */
  readonly timestep: number;
  /** Index in the plan: counter of this step's `known` and `step` noise. */
  readonly transition: number;
  /**
   * Known pixels are set to signal * known + sigma * z before the call, weighted by keepMask;
   * null at the very first call of a walk that starts from pure noise.
   */
  readonly inject: NoiseLevel | null;
  readonly coefficients: StepCoefficients;
}

/** x := signal * x + sigma * z over the whole image, one forward step to label t. */
export interface RenoiseStep extends NoiseLevel {
  readonly t: number;
  readonly transition: number;
}

/** A clean image drawn to label t: x := signal * x0 + sigma * z. */
export interface QSampleStep extends NoiseLevel {
  readonly t: number;
  readonly transition: number;
}

/** What a state needs to go on from where another stopped. Shapes: [N*C*H*W]. */
export interface StateImages {
  readonly xt: Float32Array;
  /** Null where nothing needs it: before the first network call, and before the next one. */
  readonly x0Hat: Float32Array | null;
  /** What the network carries from call to call, where it does. */
  readonly memory?: Int32Array | null;
}

/** Holds x_t and the last x0 prediction of a batch, and the network that moves them. */
export interface SamplerState {
  readonly shape: ImageShape;
  /** Where it runs, for messages: "cpu", an adapter's description. */
  readonly device: string;
  /** Network calls one denoise makes: 2 under classifier-free guidance. */
  readonly callsPerStep: number;
  /** x := noise of purpose `start`, transition 0. */
  start(): Promise<void>;
  /** x := q-sample of a clean image with noise of purpose `start`. Shapes: x0 [N*C*H*W]. */
  startFrom(x0: Float32Array, step: QSampleStep): Promise<void>;
  /** Throws: NonFiniteOutputError when the network answers NaN or infinity. */
  denoise(step: DenoiseStep): Promise<void>;
  /** Noise of purpose `renoise`. */
  renoise(step: RenoiseStep): Promise<void>;
  /** x := q-sample of the last x0 prediction with noise of purpose `restart`. */
  restart(step: QSampleStep): Promise<void>;
  /** Copies x_t out. Shapes: [N*C*H*W]. */
  readXt(): Promise<Float32Array>;
  /** Copies the last predicted clean image out, or null before the first call. */
  readX0Hat(): Promise<Float32Array | null>;
  /**
   * Renders the predicted images where they lie, known pixels composited in; absent in a state that
   * has no quicker way than `readX0Hat`. Shapes: returns [N, H, W, 4].
   */
  readPreview?(): Promise<Uint8ClampedArray<ArrayBuffer>>;
  /** Copies the network's memory out; absent or null where it has none. */
  readMemory?(): Promise<Int32Array | null>;
  /** Takes over a stopped state's images. */
  restore(images: StateImages): Promise<void>;
}
