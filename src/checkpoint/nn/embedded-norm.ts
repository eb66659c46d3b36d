/** How a residual block takes in the timestep: a projection of its embedding, around a GroupNorm. */
import { type Tensor, reshaped } from '../checkpoint.js';
import { int, type Graph, type Value } from '../onnx/graph.js';
import {
  add,
  groupNorm,
  linear,
  multiply,
  normalizedGroups,
  reshape,
  type NormOptions,
} from './layers.js';
import { rowsSliced } from './tensor-maps.js';
import type { Weights } from './weights.js';

/** An activated embedding [N, channels]. */
export interface Embedding {
  readonly value: Value;
  readonly channels: number;
}

/** The two modules that take part, under their names in the checkpoint. */
export interface EmbeddedNormWeights {
  /** `nn.Linear` of the embedding. */
  readonly projection: Weights;
  readonly norm: Weights;
}

/** GroupNorm(h + Linear(embedding)). Shapes: h [N, C, H, W]. */
export function shiftedGroupNorm(
  g: Graph,
  w: EmbeddedNormWeights,
  h: Value,
  channels: number,
  embedding: Embedding,
  options: NormOptions,
): Value {
  const shift = linear(g, w.projection, embedding.value, [embedding.channels, channels]);
  return groupNorm(g, w.norm, add(g, h, reshape(g, shift, 0, channels, 1, 1)), channels, options);
}

/** Applies a weight [C, features] and a bias [C] to [N, features]; gives [N, C, 1, 1]. */
function projected(g: Graph, embedding: Value, weight: Value, bias: Value, channels: number) {
  const out = g.node('Gemm', [embedding, weight, bias], { transB: int(1) });
  return reshape(g, out, 0, channels, 1, 1);
}

/**
 * GroupNorm(h) * (1 + scale) + shift, where [scale | shift] = Linear(embedding).
 * The norm's own affine map is folded into the Linear: with gamma and beta per channel,
 *   factor = gamma (1 + scale) and offset = beta (1 + scale) + shift
 * are affine in the embedding too. The folding is written as nodes on weights, which onnxruntime
 * evaluates once at load: each block then costs two small products and touches the image twice.
 * Shapes: h [N, C, H, W].
 */
export function modulatedGroupNorm(
  g: Graph,
  w: EmbeddedNormWeights,
  h: Value,
  channels: number,
  embedding: Embedding,
  options: NormOptions,
): Value {
  const weight = w.projection.tensor('weight', [2 * channels, embedding.channels]);
  const bias = w.projection.tensor('bias', [2 * channels]);
  const scaleOf = (tensor: Tensor) => g.parameter(rowsSliced(tensor, 0, channels));
  const shiftOf = (tensor: Tensor) => g.parameter(rowsSliced(tensor, channels, 2 * channels));
  const [gamma, beta] = ['weight', 'bias'].map((name) => {
    const tensor = w.norm.tensor(name, [channels]);
    return g.parameter(reshaped(tensor, [channels, 1]));
  }) as [Value, Value];
  const flat = (column: Value) => reshape(g, column, channels);
  const onePlusBias = add(g, scaleOf(bias), g.floats([1], []));
  const factor = projected(
    g,
    embedding.value,
    multiply(g, gamma, scaleOf(weight)),
    multiply(g, flat(gamma), onePlusBias),
    channels,
  );
  const offset = projected(
    g,
    embedding.value,
    add(g, multiply(g, beta, scaleOf(weight)), shiftOf(weight)),
    add(g, multiply(g, flat(beta), onePlusBias), shiftOf(bias)),
    channels,
  );
  return add(g, multiply(g, normalizedGroups(g, h, channels, options), factor), offset);
}
