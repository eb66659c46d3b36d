/** `Constant` nodes, in which some exporters keep shapes, factors and weights, as initializers. */
import type { Attribute, ElementType, GraphProto, NodeProto, TensorProto } from './proto.js';

function tensor(type: ElementType, dims: readonly number[], values: ArrayBufferView): TensorProto {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name: '', type, dims, data: { raw } };
}

/** null for what no network here keeps in a constant: texts, sparse tensors. */
function valueOf(attributes: Readonly<Record<string, Attribute>>): TensorProto | null {
  const [attribute] = Object.values(attributes);
  if (!attribute) return null;
  if ('tensor' in attribute) return attribute.tensor;
  if ('float' in attribute) return tensor('float32', [], Float32Array.of(attribute.float));
  if ('int' in attribute) return tensor('int64', [], BigInt64Array.of(BigInt(attribute.int)));
  if (!('ints' in attribute)) return null;
  return tensor('int64', [attribute.ints.length], BigInt64Array.from(attribute.ints, BigInt));
}

function weightOf({ opType, domain, attributes, outputs }: NodeProto): TensorProto | null {
  const value = opType === 'Constant' && !domain ? valueOf(attributes) : null;
  return value && { ...value, name: outputs[0] };
}

/** The same graph; nodes of constants that cannot be told stay. */
export function withoutConstantNodes(graph: GraphProto): GraphProto {
  const made = graph.nodes.map((node) => ({ node, weight: weightOf(node) }));
  const weights = made.flatMap(({ weight }) => weight ?? []);
  if (weights.length === 0) return graph;
  return {
    ...graph,
    nodes: made.flatMap(({ node, weight }) => (weight ? [] : [node])),
    initializers: [...graph.initializers, ...weights],
  };
}
