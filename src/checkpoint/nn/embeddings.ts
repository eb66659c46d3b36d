/** Embeddings of the timestep and of the class label. */
import { int } from '../onnx/graph.js';
import type { Graph, Value } from '../onnx/graph.js';
import { multiply, reshape } from './layers.js';
import type { Weights } from './weights.js';

export interface SinusoidOptions {
  /** Even number of features. */
  readonly channels: number;
  /** cos before sin (diffusers' `flip_sin_to_cos`, and always so in guided-diffusion). */
  readonly cosFirst: boolean;
  /** Subtracted from the number of frequencies in the exponent's denominator. */
  readonly freqShift: number;
}

function cosAndSin(g: Graph, angles: Value, cosFirst: boolean): Value {
  const cos = g.node('Cos', [angles]);
  const sin = g.node('Sin', [angles]);
  return g.node('Concat', cosFirst ? [cos, sin] : [sin, cos], { axis: int(1) });
}

/** Gives the frequencies exp(-ln 10000 * i / (channels/2 - freqShift)). */
function frequencies({ channels, freqShift }: SinusoidOptions): number[] {
  const half = channels / 2;
  const exponent = (i: number) => (-Math.log(10000) * i) / (half - freqShift);
  return Array.from({ length: half }, (_, i) => Math.exp(exponent(i)));
}

/** Embeds timesteps [N] as [N, channels] sinusoids, computed in float32 as PyTorch does. */
export function sinusoid(g: Graph, timestep: Value, options: SinusoidOptions): Value {
  const half = options.channels / 2;
  const column = reshape(g, timestep, -1, 1);
  const angles = multiply(g, column, g.floats(frequencies(options), [1, half]));
  return cosAndSin(g, angles, options.cosFirst);
}

/**
 * Embeds timesteps by the checkpoint's own random frequencies, on log t.
 * Source: `GaussianFourierProjection` of NCSN++ as diffusers' UNet2DModel sets it up.
 */
export function gaussianFourier(g: Graph, w: Weights, timestep: Value, size: number): Value {
  const logTime = g.node('Log', [reshape(g, timestep, -1, 1)]);
  const weight = reshape(g, g.parameter(w.tensor('weight', [size])), 1, size);
  const turns = multiply(g, logTime, weight);
  return cosAndSin(g, multiply(g, turns, g.floats([2 * Math.PI], [])), false);
}

/** `nn.Embedding(count, size)`: row `index` of the table. Shapes: [N] int32 -> [N, size]. */
export function embeddingTable(
  g: Graph,
  w: Weights,
  index: Value,
  [count, size]: readonly [number, number],
): Value {
  return g.node('Gather', [g.parameter(w.tensor('weight', [count, size])), index], {
    axis: int(0),
  });
}
