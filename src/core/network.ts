/**
 * The port through which the sampler calls a denoising network.
 * Core code knows no runtime: onnxruntime, a trace of recorded outputs and a closed-form
 * denoiser are all this interface.
 */

/** Shape of a batch of planar images: [N, C, H, W]. */
export type ImageShape = readonly [n: number, c: number, h: number, w: number];

/** One call of the network. */
export interface NetworkCall {
  /** Noisy images, planar; valid until the call answers. Shapes: [N*C*H*W], [-1, 1] space plus noise. */
  readonly xt: Float32Array;
  readonly shape: ImageShape;
  /** Base-chain timestep tau[t] given to the network, one value for the whole batch. */
  readonly timestep: number;
  /** One class label per image, or null for a network without classes. Shapes: [N]. */
  readonly classLabels: Int32Array | null;
}

/** Predicts noise, velocity or the clean image; optionally the variance in C more channels. */
export interface Network {
  /**
   * Runs the network once.
   * Shapes: returns [N, C, H, W] or, with a learned variance, [N, 2C, H, W], flattened.
   * The caller owns the returned array until the next call.
   */
  predict(call: NetworkCall): Promise<Float32Array>;
  /**
   * Copies what later answers depend on beside their call, as it is now, whatever is called
   * meanwhile; absent where that is nothing.
   */
  memory?(): Promise<Int32Array>;
  /** Goes on as the network that gave this memory would. */
  recall?(memory: Int32Array): void;
}

/** Tells where a class is likelier: the gradient that steers an unconditional walk. */
export interface GradientModel {
  /**
   * Returns d log p(y | x_t) / d x_t, before any guidance scale.
   * Shapes: [N*C*H*W]. Source: guided-diffusion, Algorithm 1.
   */
  gradient(call: NetworkCall): Promise<Float32Array>;
}
