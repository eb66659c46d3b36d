/**
 * Builds an ONNX graph node by node, the way a network's forward pass reads.
 * Weights are tensors that are read only when the graph is written (`write-model.ts`).
 */
import { type Tensor, elementCount } from '../checkpoint.js';
import type { Attribute, ElementType, NodeProto, ValueInfoProto } from './proto.js';

/** A value that flows through the graph: an input, an initialiser or a node's output. */
export interface Value {
  readonly name: string;
}

/** Small constants such as shapes, scales and frequencies. */
export interface Constant {
  readonly name: string;
  readonly type: 'float32' | 'int32' | 'int64';
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** A weight and the name it has in the graph. */
export interface Parameter {
  readonly name: string;
  readonly tensor: Tensor;
}

type Attributes = Readonly<Record<string, Attribute>>;

export const float = (value: number): Attribute => ({ float: value });
export const int = (value: number): Attribute => ({ int: value });
export const ints = (...values: readonly number[]): Attribute => ({ ints: values });
export const text = (value: string): Attribute => ({ text: value });

/** A graph under construction. Names are unique and depend only on the order of calls. */
export class Graph {
  readonly nodes: NodeProto[] = [];
  readonly inputs: ValueInfoProto[] = [];
  readonly outputs: ValueInfoProto[] = [];
  readonly constants = new Map<string, Constant>();
  readonly parameters = new Map<string, Parameter>();

  constructor(readonly name: string) {}

  /** Number of trained values in the graph. */
  get parameterCount(): number {
    const counts = [...this.parameters.values()].map(({ tensor }) => elementCount(tensor.shape));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  input(name: string, type: ElementType, dims: readonly (number | string)[]): Value {
    this.inputs.push({ name, type, dims });
    return { name };
  }

  /** Gives a value its public name, wherever the graph mentions it. */
  output(name: string, value: Value, dims: readonly (number | string)[]): void {
    const renamed = (names: readonly string[]) => names.map((n) => (n === value.name ? name : n));
    this.nodes.forEach((node, i) => {
      this.nodes[i] = { ...node, inputs: renamed(node.inputs), outputs: renamed(node.outputs) };
    });
    this.outputs.push({ name, type: 'float32', dims });
  }

  /** Adds a node with one output. */
  node(opType: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.split(opType, inputs, attributes, 1)[0];
  }

  /** Adds a node with `count` outputs. */
  split(
    opType: string,
    inputs: readonly Value[],
    attributes: Attributes,
    count: number,
  ): readonly Value[] {
    const name = `${opType}_${this.nodes.length}`;
    const outputs = Array.from({ length: count }, (_, i) => (count === 1 ? name : `${name}.${i}`));
    this.nodes.push({ name, opType, inputs: inputs.map((v) => v.name), outputs, attributes });
    return outputs.map((output) => ({ name: output }));
  }

  /** Adds float32 numbers; equal constants are stored once. */
  floats(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    return this._constant('float32', values, dims);
  }

  /** Adds integers such as a shape; equal constants are stored once. */
  integers(...values: readonly number[]): Value {
    return this._constant('int64', values, [values.length]);
  }

  /** Adds integers of the type that class labels have; equal constants are stored once. */
  labels(values: readonly number[], dims: readonly number[]): Value {
    return this._constant('int32', values, dims);
  }

  /** Adds a weight under its checkpoint name; asking again returns the same value. */
  parameter(tensor: Tensor): Value {
    const known = this.parameters.get(tensor.name);
    if (known && String(known.tensor.shape) !== String(tensor.shape)) {
      throw new RangeError(
        `${tensor.name} is used as [${known.tensor.shape}] and [${tensor.shape}]`,
      );
    }
    if (!known) this.parameters.set(tensor.name, { name: tensor.name, tensor });
    return { name: tensor.name };
  }

  private _constant(
    type: Constant['type'],
    values: readonly number[],
    dims: readonly number[],
  ): Value {
    if (elementCount(dims) !== values.length) {
      throw new RangeError(
        `a constant of shape [${dims}] needs other than ${values.length} values`,
      );
    }
    const key = `${type} [${dims}] ${values}`;
    const name = this.constants.get(key)?.name ?? `constant_${this.constants.size}`;
    this.constants.set(key, { name, type, dims, values });
    return { name };
  }
}
