/**
 * Reverse-mode differentiation of a graph by adding nodes to it: onnxruntime has no autograd, so
 * the backward pass is emitted as an ordinary part of the model.
 */
import { gradientRules } from './gradient-rules.js';
import type { Graph, Value } from './graph.js';
import type { NodeProto } from './proto.js';

/** Names of all values that depend on the input. */
function dependents(nodes: readonly NodeProto[], input: Value): ReadonlySet<string> {
  const reached = new Set([input.name]);
  for (const node of nodes) {
    if (node.inputs.some((name) => reached.has(name))) {
      node.outputs.forEach((name) => reached.add(name));
    }
  }
  return reached;
}

/** Gradients collected so far; a value used twice gets the sum. */
class Adjoints {
  private readonly _byName = new Map<string, Value>();

  constructor(readonly g: Graph) {}

  get(name: string): Value | undefined {
    return this._byName.get(name);
  }

  add(name: string, gradient: Value): void {
    const known = this._byName.get(name);
    this._byName.set(name, known ? this.g.node('Add', [known, gradient]) : gradient);
  }
}

function propagate(g: Graph, node: NodeProto, adjoints: Adjoints, active: ReadonlySet<string>) {
  const dy = node.outputs.map((name) => adjoints.get(name));
  if (dy.every((gradient) => gradient === undefined)) return;
  const rule = gradientRules[node.opType];
  if (!rule || dy.some((gradient) => gradient === undefined)) {
    throw new RangeError(`no gradient rule for ${node.opType} as ${node.name} uses it`);
  }
  const values = (names: readonly string[]) => names.map((name) => ({ name }));
  const gradients = rule({
    g,
    node,
    x: values(node.inputs),
    y: values(node.outputs),
    dy: dy as Value[],
    needs: (i) => active.has(node.inputs[i]),
  });
  gradients.forEach((gradient, i) => {
    if (gradient && active.has(node.inputs[i])) adjoints.add(node.inputs[i], gradient);
  });
}

/**
 * Adds the nodes that compute the gradient of `output`, weighted by `seed` of the same shape, with
 * respect to `input`, and returns it.
 * Throws: RangeError when an operation on the way has no rule.
 */
export function addGradient(g: Graph, output: Value, seed: Value, input: Value): Value {
  const forward = [...g.nodes];
  const active = dependents(forward, input);
  const adjoints = new Adjoints(g);
  adjoints.add(output.name, seed);
  for (const node of forward.reverse()) {
    if (node.outputs.some((name) => active.has(name))) propagate(g, node, adjoints, active);
  }
  const gradient = adjoints.get(input.name);
  if (!gradient) throw new RangeError(`${output.name} does not depend on ${input.name}`);
  return gradient;
}
