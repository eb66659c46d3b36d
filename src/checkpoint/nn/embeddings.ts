/** Embeddings of the timestep and of the class label. */
import { int, type Graph, type Value } from '../onnx/graph.js';
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

/** 2 pi in three parts, the first two short enough that whole turns of them are exact. */
const turnParts = [6.28125, 1.93500518798828125e-3, 3.01991598195675e-7];
/** Cephes' single-precision polynomials on [-pi/4, pi/4], in the square of the angle. */
const sinTail = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1];
const cosTail = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2];

function polynomial(g: Graph, z: Value, coefficients: readonly number[]): Value {
  const [first, ...rest] = coefficients.map((c) => g.floats([c], []));
  return rest.reduce((sum, c) => g.node('Add', [multiply(g, sum, z), c]), first);
}

/**
 * Cosine and sine written out: WGSL promises them to 2^-11 only (2e-4 on a software adapter), which
 * moves a network's output by 3e-4. Whole turns are taken off, the quarter angle goes through the
 * polynomials, and is doubled twice.
 */
function cosAndSin(g: Graph, angles: Value, cosFirst: boolean): Value {
  const constant = (value: number) => g.floats([value], []);
  const add = (a: Value, b: Value) => g.node('Add', [a, b]);
  const turns = g.node('Floor', [add(multiply(g, angles, constant(0.5 / Math.PI)), constant(0.5))]);
  const reduced = turnParts.reduce(
    (rest, part) => add(rest, multiply(g, turns, constant(-part))),
    angles,
  );
  const quarter = multiply(g, reduced, constant(0.25));
  const z = multiply(g, quarter, quarter);
  let sin = add(quarter, multiply(g, multiply(g, quarter, z), polynomial(g, z, sinTail)));
  const cosRest = add(constant(-0.5), multiply(g, z, polynomial(g, z, cosTail)));
  let cos = add(constant(1), multiply(g, z, cosRest));
  for (let doubling = 0; doubling < 2; doubling++) {
    const twice = multiply(g, constant(2), sin);
    [sin, cos] = [multiply(g, twice, cos), g.node('Sub', [constant(1), multiply(g, twice, sin)])];
  }
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
