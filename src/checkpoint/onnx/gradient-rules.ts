/**
 * Vector-Jacobian products: how the gradient of a node's output becomes that of its inputs.
 * Rules cover the operations of this project's encoders. A weight never needs a gradient, and the
 * embedding does not depend on the image, so no rule has to undo broadcasting.
 */
import { int, ints, text, type Graph, type Value } from './graph.js';
import type { Attribute, NodeProto } from './proto.js';

/** One node on the way from the input to the output, and the gradients of its outputs. */
export interface Step {
  readonly g: Graph;
  readonly node: NodeProto;
  readonly x: readonly Value[];
  readonly y: readonly Value[];
  readonly dy: readonly Value[];
  /** Whether the gradient of input i is asked for. */
  readonly needs: (i: number) => boolean;
}

/** Returns the gradients of the inputs; undefined where none is asked for. */
type Rule = (step: Step) => (Value | undefined)[];

function intsOf(node: NodeProto, name: string): readonly number[] {
  const attribute: Attribute | undefined = node.attributes[name];
  if (attribute && 'ints' in attribute) return attribute.ints;
  throw new RangeError(`${node.name} has no list ${name}`);
}

function intOf(node: NodeProto, name: string): number {
  const attribute: Attribute | undefined = node.attributes[name];
  if (attribute && 'int' in attribute) return attribute.int;
  throw new RangeError(`${node.name} has no number ${name}`);
}

const multiply = (g: Graph, a: Value, b: Value) => g.node('Mul', [a, b]);
const subtract = (g: Graph, a: Value, b: Value) => g.node('Sub', [a, b]);
const scalar = (g: Graph, value: number) => g.floats([value], []);

/** Swaps the last two axes of a 4-D value. */
const swapped = (g: Graph, x: Value) => g.node('Transpose', [x], { perm: ints(0, 1, 3, 2) });

function reshapedLike(g: Graph, x: Value, reference: Value): Value {
  return g.node('Reshape', [x, g.node('Shape', [reference])]);
}

const addRule: Rule = ({ dy: [dy], needs }) => [0, 1].map((i) => (needs(i) ? dy : undefined));

const mulRule: Rule = ({ g, x, dy: [dy], needs }) =>
  [0, 1].map((i) => (needs(i) ? multiply(g, dy, x[1 - i]) : undefined));

/** s' = s (1 - s). */
const sigmoidRule: Rule = ({ g, y: [y], dy: [dy] }) => {
  const slope = multiply(g, y, subtract(g, scalar(g, 1), y));
  return [multiply(g, dy, slope)];
};

const reluRule: Rule = ({ g, x: [x], dy: [dy] }) => {
  const isPositive = g.node('Greater', [x, scalar(g, 0)]);
  return [multiply(g, dy, g.node('Cast', [isPositive], { to: int(1) }))];
};

const reshapeRule: Rule = ({ g, x: [x], dy: [dy] }) => [reshapedLike(g, dy, x)];

const transposeRule: Rule = ({ g, node, dy: [dy] }) => {
  const perm = intsOf(node, 'perm');
  const inverse = perm.map((_, axis) => perm.indexOf(axis));
  return [g.node('Transpose', [dy], { perm: ints(...inverse) })];
};

/** Of equal parts along an axis. */
const splitRule: Rule = ({ g, node, dy }) => [
  g.node('Concat', dy, { axis: int(intOf(node, 'axis')) }),
];

const matMulRule: Rule = ({ g, x: [a, b], dy: [dy], needs }) => [
  needs(0) ? g.node('MatMul', [dy, swapped(g, b)]) : undefined,
  needs(1) ? g.node('MatMul', [swapped(g, a), dy]) : undefined,
];

/** p (dy - sum(dy p)). */
const softmaxRule: Rule = ({ g, node, y: [y], dy: [dy] }) => {
  const axis = g.integers(intOf(node, 'axis'));
  const sum = g.node('ReduceSum', [multiply(g, dy, y), axis]);
  return [multiply(g, y, subtract(g, dy, sum))];
};

/** Every pixel of a 2x2 cell gets a quarter of the cell's gradient. */
const averagePoolRule: Rule = ({ g, dy: [dy] }) => {
  const spread = g.node('Resize', [dy, { name: '' }, g.floats([1, 1, 2, 2])], {
    mode: text('nearest'),
    coordinate_transformation_mode: text('asymmetric'),
    nearest_mode: text('floor'),
  });
  return [multiply(g, spread, scalar(g, 0.25))];
};

/** Every pixel gets its share of the mean's gradient. */
const globalAveragePoolRule: Rule = ({ g, x: [x], dy: [dy] }) => {
  const shape = g.node('Shape', [x]);
  const size = g.node('Slice', [shape, g.integers(2), g.integers(4)]);
  const pixels = g.node('ReduceProd', [g.node('Cast', [size], { to: int(1) })], {
    keepdims: int(0),
  });
  return [g.node('Expand', [g.node('Div', [dy, pixels]), shape])];
};

/** The transposed convolution with the same weights. Heights and widths are even. */
const convRule: Rule = ({ g, node, x: [, weight], dy: [dy] }) => {
  const strides = intsOf(node, 'strides');
  const attributes = {
    kernel_shape: node.attributes.kernel_shape,
    pads: node.attributes.pads,
    strides: node.attributes.strides,
    output_padding: ints(...strides.map((stride) => stride - 1)),
  };
  return [g.node('ConvTranspose', [dy, weight], attributes)];
};

/**
 * dx = (dy - mean(dy) - y mean(dy y)) / sd, with means over each instance's last two axes.
 * Scale is 1 and bias 0, as `normalizeGroups` writes them.
 */
const instanceNormRule: Rule = ({ g, node, x: [x], y: [y], dy: [dy] }) => {
  const mean = (value: Value) => g.node('ReduceMean', [value], { axes: ints(2, 3) });
  const centred = subtract(g, x, mean(x));
  const variance = mean(multiply(g, centred, centred));
  const epsilon = node.attributes.epsilon as { readonly float: number };
  const sd = g.node('Sqrt', [g.node('Add', [variance, scalar(g, epsilon.float)])]);
  const alongOutput = multiply(g, y, mean(multiply(g, dy, y)));
  const rest = subtract(g, subtract(g, dy, mean(dy)), alongOutput);
  return [g.node('Div', [rest, sd])];
};

export const gradientRules: Readonly<Record<string, Rule>> = {
  Add: addRule,
  AveragePool: averagePoolRule,
  Conv: convRule,
  GlobalAveragePool: globalAveragePoolRule,
  InstanceNormalization: instanceNormRule,
  MatMul: matMulRule,
  Mul: mulRule,
  Relu: reluRule,
  Reshape: reshapeRule,
  Sigmoid: sigmoidRule,
  Softmax: softmaxRule,
  Split: splitRule,
  Transpose: transposeRule,
};
