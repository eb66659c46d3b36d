/**
 * Layers as functions over a graph: each adds the nodes of one PyTorch module and returns its
 * output. Shapes in comments are [N, C, H, W]; N, H and W stay symbolic throughout.
 */
import { type Tensor, elementCount, reshaped } from '../checkpoint.js';
import { float, int, ints, text, type Graph, type Value } from '../onnx/graph.js';
import type { Weights } from './weights.js';

export const add = (g: Graph, a: Value, b: Value): Value => g.node('Add', [a, b]);
export const multiply = (g: Graph, a: Value, b: Value): Value => g.node('Mul', [a, b]);

/** Multiplies by a number; a factor of 1 adds no node. */
export function scaled(g: Graph, x: Value, factor: number): Value {
  return factor === 1 ? x : multiply(g, x, g.floats([factor], []));
}

/** Reshapes; in `shape` 0 copies the input's extent at that place and -1 takes what is left. */
export function reshape(g: Graph, x: Value, ...shape: readonly number[]): Value {
  return g.node('Reshape', [x, g.integers(...shape)]);
}

export function concatChannels(g: Graph, ...values: readonly Value[]): Value {
  return g.node('Concat', values, { axis: int(1) });
}

/** x * sigmoid(x). */
export function silu(g: Graph, x: Value): Value {
  return multiply(g, x, g.node('Sigmoid', [x]));
}

/** The exact (erf) form: x * (1 + erf(x / sqrt 2)) / 2. */
export function gelu(g: Graph, x: Value): Value {
  const erf = g.node('Erf', [scaled(g, x, Math.SQRT1_2)]);
  return multiply(g, scaled(g, x, 0.5), add(g, erf, g.floats([1], [])));
}

/** Activations a config may name. */
export const activations = {
  silu,
  swish: silu,
  gelu,
  relu: (g: Graph, x: Value): Value => g.node('Relu', [x]),
  mish: (g: Graph, x: Value): Value => multiply(g, x, g.node('Tanh', [g.node('Softplus', [x])])),
} as const;
export type Activation = (g: Graph, x: Value) => Value;

interface ConvOptions {
  readonly stride?: number;
  /** Zeros around the image: one number, or [top, left, bottom, right]. */
  readonly padding?: number | readonly [number, number, number, number];
}

/** A convolution with any weight, and a bias if given. Shapes: weight [out, in, k, k]. */
export function convolution(
  g: Graph,
  x: Value,
  weight: Tensor,
  bias: Tensor | null,
  { stride = 1, padding = 0 }: ConvOptions = {},
): Value {
  const size = weight.shape[2];
  const pads = typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  const parameters = bias ? [weight, bias] : [weight];
  return g.node('Conv', [x, ...parameters.map((tensor) => g.parameter(tensor))], {
    kernel_shape: ints(size, size),
    pads: ints(...pads),
    strides: ints(stride, stride),
  });
}

/** `nn.Conv2d(inChannels, outChannels, kernelSize)`; 3x3 kernels are padded by 1 unless told. */
export function conv2d(
  g: Graph,
  w: Weights,
  x: Value,
  [inChannels, outChannels, kernelSize]: readonly [number, number, 1 | 3],
  options: ConvOptions = {},
): Value {
  const weight = w.tensor('weight', [outChannels, inChannels, kernelSize, kernelSize]);
  const bias = w.tensor('bias', [outChannels]);
  return convolution(g, x, weight, bias, { padding: kernelSize === 3 ? 1 : 0, ...options });
}

/** `nn.Linear(inFeatures, outFeatures)` on [N, inFeatures]. */
export function linear(
  g: Graph,
  w: Weights,
  x: Value,
  [inFeatures, outFeatures]: readonly [number, number],
): Value {
  const weight = g.parameter(w.tensor('weight', [outFeatures, inFeatures]));
  const bias = g.parameter(w.tensor('bias', [outFeatures]));
  return g.node('Gemm', [x, weight, bias], { transB: int(1) });
}

export interface NormOptions {
  readonly groups: number;
  readonly eps: number;
}

/** A per-channel parameter laid out to broadcast over [N, C, H, W]. */
function perChannel(g: Graph, tensor: Tensor): Value {
  return g.parameter(reshaped(tensor, [1, elementCount(tensor.shape), 1, 1]));
}

/**
 * Brings each group of channels to mean 0 and variance 1, without the affine part.
 * Written as InstanceNormalization over [N, groups, C/groups * H, W]: onnxruntime-web has no
 * kernel for GroupNormalization. Copying W through the reshape lets the way back,
 * [N, C, H, W], be said without knowing H, so no Shape node is left in the graph.
 */
export function normalizedGroups(
  g: Graph,
  x: Value,
  channels: number,
  { groups, eps }: NormOptions,
): Value {
  const grouped = reshape(g, x, 0, groups, -1, 0);
  const ones = g.floats(new Array<number>(groups).fill(1));
  const zeros = g.floats(new Array<number>(groups).fill(0));
  const normal = g.node('InstanceNormalization', [grouped, ones, zeros], { epsilon: float(eps) });
  return reshape(g, normal, 0, channels, -1, 0);
}

/** `nn.GroupNorm(groups, channels)`. */
export function groupNorm(
  g: Graph,
  w: Weights,
  x: Value,
  channels: number,
  options: NormOptions,
): Value {
  const gamma = perChannel(g, w.tensor('weight', [channels]));
  const beta = perChannel(g, w.tensor('bias', [channels]));
  return add(g, multiply(g, normalizedGroups(g, x, channels, options), gamma), beta);
}

/** Doubles height and width, repeating pixels. */
export function upsampleNearest(g: Graph, x: Value): Value {
  const scales = g.floats([1, 1, 2, 2]);
  return g.node('Resize', [x, { name: '' }, scales], {
    mode: text('nearest'),
    coordinate_transformation_mode: text('asymmetric'),
    nearest_mode: text('floor'),
  });
}

/** Halves height and width, averaging 2x2 pixels. */
export function averagePool(g: Graph, x: Value): Value {
  return g.node('AveragePool', [x], { kernel_shape: ints(2, 2), strides: ints(2, 2) });
}
