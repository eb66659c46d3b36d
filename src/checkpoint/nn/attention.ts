/** Self-attention over the pixels of an image, shared by both network families. */
import type { Tensor } from '../checkpoint.js';
import { int, ints, type Graph, type Value } from '../onnx/graph.js';
import { convolution, multiply, reshape } from './layers.js';

export interface AttentionOptions {
  /** Stacked as [all q | all k | all v]. Shapes: weight [3*inner, C, 1, 1], bias [3*inner]. */
  readonly qkv: { readonly weight: Tensor; readonly bias: Tensor };
  /** Shapes: weight [C, inner, 1, 1], bias [C]. */
  readonly out: { readonly weight: Tensor; readonly bias: Tensor };
  readonly heads: number;
  /** Channels of one head: inner = heads * headChannels. */
  readonly headChannels: number;
}

/** softmax(q k^T / sqrt d) v. Shapes: q, k, v [N, heads, d, L]; returns the same. */
export function scaledDotProduct(
  g: Graph,
  [q, k, v]: readonly [Value, Value, Value],
  headChannels: number,
): Value {
  const swap = (x: Value) => g.node('Transpose', [x], { perm: ints(0, 1, 3, 2) });
  const scaledQ = multiply(g, q, g.floats([headChannels ** -0.5], []));
  const scores = g.node('MatMul', [swap(scaledQ), k]); // [N, heads, L, L]
  const weights = g.node('Softmax', [scores], { axis: int(3) });
  return swap(g.node('MatMul', [weights, swap(v)]));
}

/**
 * Multi-head self-attention of an already normalised image, without the residual connection.
 * The way back to [N, C, H, W] takes the shape from `x`; onnxruntime folds that Shape node away
 * once the session fixes the sizes.
 */
export function selfAttention(g: Graph, x: Value, options: AttentionOptions): Value {
  const { qkv, out, heads, headChannels } = options;
  const stacked = convolution(g, x, qkv.weight, qkv.bias); // [N, 3*inner, H, W]
  const tokens = reshape(g, stacked, 0, 3 * heads, headChannels, -1); // [N, 3*heads, d, H*W]
  const [q, k, v] = g.split('Split', [tokens], { axis: int(1) }, 3);
  const mixed = scaledDotProduct(g, [q, k, v], headChannels);
  return convolution(g, imageLike(g, mixed, x, heads * headChannels), out.weight, out.bias);
}

/** Lays tokens [N, heads, d, H*W] out as an image [N, inner, H, W] of the reference's size. */
function imageLike(g: Graph, tokens: Value, reference: Value, inner: number): Value {
  const shape = g.node('Shape', [reference]);
  const size = g.node('Slice', [shape, g.integers(2), g.integers(4)]);
  const target = g.node('Concat', [g.integers(0, inner), size], { axis: int(0) });
  return g.node('Reshape', [tokens, target]);
}
