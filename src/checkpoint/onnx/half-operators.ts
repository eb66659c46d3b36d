/** Which operators are computed in which precision when a model is rewritten for float16. */
import type { ElementType } from './proto.js';

/** Sums over many values, functions that overflow early, and casts: they say their type themselves. */
export const fullOps: ReadonlySet<string> = new Set([
  'Cast',
  'Exp',
  'GlobalAveragePool',
  'GroupNormalization',
  'InstanceNormalization',
  'LayerNormalization',
  'Log',
  'Pow',
  'Reciprocal',
  'ReduceMean',
  'ReduceSum',
  'Softmax',
  'Sqrt',
]);
/** Computed in float16. With `fullOps` and `shapeOps`, all that a network here may be made of. */
export const halfOps: ReadonlySet<string> = new Set([
  ...['Add', 'AveragePool', 'Concat', 'Conv', 'ConvTranspose', 'Cos', 'DepthToSpace', 'Div', 'Erf'],
  ...[
    'Expand',
    'Floor',
    'Gather',
    'Gelu',
    'Gemm',
    'Identity',
    'MatMul',
    'Mul',
    'Neg',
    'Pad',
    'Relu',
  ],
  ...['Reshape', 'Resize', 'Sigmoid', 'Sin', 'Slice', 'Softplus', 'SpaceToDepth', 'Split'],
  ...['Squeeze', 'Sub', 'Tanh', 'Tile', 'Transpose', 'Unsqueeze', 'Where'],
]);
/** Their outputs are no floats, whatever their inputs are. */
export const shapeOps: Readonly<Record<string, ElementType>> = {
  Shape: 'int64',
  Size: 'int64',
  Equal: 'bool',
  Greater: 'bool',
  Less: 'bool',
};
/** Inputs that ONNX defines as float32 only. */
export const fullInputs: Readonly<Record<string, readonly number[]>> = { Resize: [1, 2] };
/** Where the embedding of the timestep ends and the network begins. */
export const products: ReadonlySet<string> = new Set(['Conv', 'Gemm', 'MatMul']);
