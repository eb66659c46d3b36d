/**
 * Rewrites a float32 model so that it computes in float16, for GPUs that have it: half the memory
 * and bandwidth. Inputs and outputs stay float32. What half precision would spoil stays in float32
 * too: the timestep's sinusoid, normalisation and softmax (sums over many values), as in
 * guided-diffusion's `use_fp16` (`GroupNorm32`, `softmax(weight.float())`).
 */
import { CheckpointError } from '../checkpoint.js';
import { float32ToFloat16 } from '../format/float16.js';
import { withoutConstantNodes } from './constant-nodes.js';
import { fullInputs, fullOps, halfOps, products, shapeOps } from './half-operators.js';
import {
  elementTypes,
  type ElementType,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from './proto.js';

type Form = 'full' | 'half';
const halfName = (name: string) => `${name}.half`;

function castNode(input: string, output: string, to: ElementType): NodeProto {
  const attributes = { to: { int: elementTypes[to] } };
  return { name: `cast ${output}`, opType: 'Cast', inputs: [input], outputs: [output], attributes };
}

/** The rewriting of one graph, node by node. Forms of a value are made when first asked for. */
class HalfRewriter {
  private readonly _nodes: NodeProto[] = [];
  private readonly _types = new Map<string, ElementType>();
  private readonly _forms = new Map<string, Set<Form>>();
  private readonly _weights: Map<string, TensorProto>;
  private readonly _kept = new Map<string, TensorProto>();
  /** Values that follow from the timestep alone, and those that follow from weights alone. */
  private readonly _timeOnly = new Set<string>();
  private readonly _constant = new Set<string>();

  constructor(private readonly _graph: GraphProto) {
    this._weights = new Map(_graph.initializers.map((weight) => [weight.name, weight]));
    for (const { name, type } of [..._graph.inputs, ..._graph.initializers]) {
      this._types.set(name, type);
    }
    for (const { name, type } of _graph.inputs) {
      if (type === 'float32') this._forms.set(name, new Set(['full']));
      if (name === 'timestep') this._timeOnly.add(name);
    }
  }

  rewrite(): GraphProto {
    this._graph.nodes.forEach((node) => this._add(node));
    this._graph.outputs.forEach(({ name }) => this._take(name, 'full'));
    return { ...this._graph, nodes: this._nodes, initializers: [...this._kept.values()] };
  }

  private _add(node: NodeProto): void {
    const [output] = node.outputs;
    if (this._isWidening(node)) {
      // A weight stored in half precision: its half form is the weight itself.
      this._types.set(output, 'float32');
      return;
    }
    const flowing = node.inputs.filter((name) => !this._isConstant(name));
    const isConstant = flowing.length === 0;
    const isTimeOnly = !isConstant && this._isTimeOnly(node, flowing);
    const isFull = this._isFull(node) || isConstant || isTimeOnly;
    const form: Form = isFull ? 'full' : 'half';
    const inputs = node.inputs.map((name, i) => this._take(name, this._formOf(node, i, form)));
    const type = this._outputType(node);
    const isFloat = type === 'float32';
    for (const name of node.outputs) {
      this._types.set(name, type);
      if (isFloat) this._forms.set(name, new Set([form]));
      if (isTimeOnly) this._timeOnly.add(name);
      if (isConstant) this._constant.add(name);
    }
    const outputs = isFloat && form === 'half' ? node.outputs.map(halfName) : node.outputs;
    this._nodes.push({ ...node, inputs, outputs });
  }

  private _formOf({ opType }: NodeProto, index: number, form: Form): Form {
    return fullInputs[opType]?.includes(index) ? 'full' : form;
  }

  private _isFull({ opType, domain }: NodeProto): boolean {
    const isKnown = halfOps.has(opType) || fullOps.has(opType) || opType in shapeOps;
    if (domain || !isKnown) {
      throw new CheckpointError(`The operator ${opType} is not known in half precision.`);
    }
    return fullOps.has(opType);
  }

  /** True for a cast as `writeModel` makes them; others are nodes like any. */
  private _isWidening({
    opType,
    inputs: [input = ''],
    outputs: [output = ''],
  }: NodeProto): boolean {
    const isNamedSo = opType === 'Cast' && input === halfName(output);
    return isNamedSo && this._weights.get(input)?.type === 'float16';
  }

  /** From the timestep up to the first product with weights. */
  private _isTimeOnly({ opType }: NodeProto, flowing: readonly string[]): boolean {
    return !products.has(opType) && flowing.every((name) => this._timeOnly.has(name));
  }

  /** ONNX Runtime folds what follows from weights alone, but only in float32. */
  private _isConstant(name: string): boolean {
    return name === '' || this._isWeight(name) || this._constant.has(name);
  }

  private _isWeight(name: string): boolean {
    return this._weights.has(name) || this._weights.has(halfName(name));
  }

  private _outputType({ opType, inputs, attributes }: NodeProto): ElementType {
    const fixed = shapeOps[opType];
    if (fixed) return fixed;
    if (opType === 'Cast') {
      const { to } = attributes;
      const code = to && 'int' in to ? to.int : 0;
      const found = Object.entries(elementTypes).find(([, value]) => value === code);
      return (found?.[0] as ElementType | undefined) ?? 'float32';
    }
    return this._types.get(inputs[opType === 'Where' ? 1 : 0] ?? '') ?? 'float32';
  }

  /** Gives the name under which a value is to be had in that form. */
  private _take(name: string, form: Form): string {
    if (name === '') return name;
    if (this._types.get(name) !== 'float32') return this._keep(name);
    const wanted = form === 'half' ? halfName(name) : name;
    if (this._isWeight(name)) return this._takeWeight(name, form);
    const forms = this._forms.get(name);
    if (!forms) throw new CheckpointError(`The value '${name}' is used before it is made.`);
    if (forms.has(form)) return wanted;
    forms.add(form);
    const [from, to] =
      form === 'half' ? [name, 'float16' as const] : [halfName(name), 'float32' as const];
    this._nodes.push(castNode(from, wanted, to));
    return wanted;
  }

  private _takeWeight(name: string, form: Form): string {
    const wanted = form === 'half' ? halfName(name) : name;
    const half = this._weights.get(halfName(name));
    const isMade = this._kept.has(wanted) || this._forms.get(name)?.has(form);
    if (isMade) return wanted;
    if (half && form === 'half') return this._keep(wanted);
    if (half) return this._cast(this._keep(half.name), name, 'float32', form);
    if (form === 'full') return this._keep(name);
    const rounded = roundedWeight(this._weights.get(name)!);
    if (!rounded) return this._cast(this._keep(name), wanted, 'float16', form, name);
    this._kept.set(wanted, rounded);
    return wanted;
  }

  /** A cast of a weight alone: folded when the model is loaded. */
  private _cast(from: string, to: string, type: ElementType, form: Form, of = to): string {
    this._nodes.push(castNode(from, to, type));
    const forms = this._forms.get(of) ?? new Set();
    this._forms.set(of, forms.add(form));
    return to;
  }

  private _keep(name: string): string {
    const weight = this._weights.get(name);
    if (weight) this._kept.set(name, weight);
    return name;
  }
}

/** null where the values lie in a file beside the model. */
function roundedWeight(weight: TensorProto): TensorProto | null {
  if (!('raw' in weight.data)) return null;
  const { raw } = weight.data;
  const halves = float32ToFloat16(new Float32Array(raw.slice().buffer));
  const data = { raw: new Uint8Array(halves.buffer) };
  return { ...weight, name: halfName(weight.name), type: 'float16', data };
}

/**
 * Rewrites a model for float16. Shapes, input and output names and types stay as they are.
 * Throws: CheckpointError when the graph uses an operator that is not known to work.
 */
export function halfPrecision(model: ModelProto): ModelProto {
  return { ...model, graph: new HalfRewriter(withoutConstantNodes(model.graph)).rewrite() };
}
