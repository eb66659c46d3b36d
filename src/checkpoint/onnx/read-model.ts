/**
 * Reads an ONNX file back into plain data: to check a model that was made elsewhere, and to rewrite
 * one for another precision. Weights stay views of the given bytes.
 * Source: field numbers of onnx.proto3 (github.com/onnx/onnx, Apache-2.0).
 */
import protobuf, { type Reader } from 'protobufjs/minimal.js';
import { CheckpointError } from '../checkpoint.js';
import type {
  Attribute,
  GraphProto,
  ModelProto,
  NodeProto,
  Opset,
  TensorProto,
  ValueInfoProto,
} from './proto.js';
import { appendNumbers, integer, readFields, readString, readSub } from './read-fields.js';
import { elementTypeOf, readTensor } from './read-tensor.js';

/** AttributeProto.AttributeType of the kinds that are read. */
const readKinds = { float: 1, int: 2, text: 3, tensor: 4, ints: 7 } as const;

function readAttribute(bytes: Uint8Array): [string, Attribute] {
  let name = '';
  let kind = 0;
  const value = { float: 0, int: 0, text: '', ints: [] as number[] };
  let tensor = null as TensorProto | null;
  readFields(protobuf.Reader.create(bytes), bytes.byteLength, {
    1: (reader) => (name = readString(reader)),
    2: (reader) => (value.float = reader.float()),
    3: (reader) => (value.int = integer(reader)),
    4: (reader) => (value.text = readString(reader)),
    5: (reader) => (tensor = readSub(reader, readTensor)),
    8: (reader, wire) => appendNumbers(value.ints, reader, wire, () => integer(reader)),
    20: (reader) => (kind = reader.int32()),
  });
  if (kind === readKinds.float) return [name, { float: value.float }];
  if (kind === readKinds.int) return [name, { int: value.int }];
  if (kind === readKinds.text) return [name, { text: value.text }];
  if (kind === readKinds.tensor && tensor) return [name, { tensor }];
  if (kind === readKinds.ints) return [name, { ints: value.ints }];
  return [name, { encoded: bytes }];
}

function readNode(reader: Reader, end: number): NodeProto {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Record<string, Attribute> = {};
  const text = { name: '', opType: '', domain: '' };
  readFields(reader, end, {
    1: () => inputs.push(readString(reader)),
    2: () => outputs.push(readString(reader)),
    3: () => (text.name = readString(reader)),
    4: () => (text.opType = readString(reader)),
    5: () => {
      const [name, attribute] = readAttribute(reader.bytes());
      attributes[name] = attribute;
    },
    7: () => (text.domain = readString(reader)),
  });
  const { domain, ...names } = text;
  return { ...names, inputs, outputs, attributes, ...(domain && { domain }) };
}

function readDimension(reader: Reader, end: number): number | string {
  let extent: number | string = '?';
  readFields(reader, end, {
    1: () => (extent = integer(reader)),
    2: () => (extent = readString(reader)),
  });
  return extent;
}

function readValueInfo(reader: Reader, end: number): ValueInfoProto {
  let name = '';
  let code = 0;
  const dims: (number | string)[] = [];
  const readShape = (to: number) =>
    readFields(reader, to, { 1: () => dims.push(readSub(reader, readDimension)) });
  const readTensorType = (to: number) =>
    readFields(reader, to, {
      1: () => (code = reader.int32()),
      2: () => readSub(reader, (_, shapeEnd) => readShape(shapeEnd)),
    });
  const readType = (to: number) =>
    readFields(reader, to, { 1: () => readSub(reader, (_, typeEnd) => readTensorType(typeEnd)) });
  readFields(reader, end, {
    1: () => (name = readString(reader)),
    2: () => readSub(reader, (_, typeEnd) => readType(typeEnd)),
  });
  return { name, type: elementTypeOf(code, `'${name}'`), dims };
}

function readGraph(reader: Reader, end: number): GraphProto {
  const graph = {
    name: '',
    nodes: [] as NodeProto[],
    initializers: [] as GraphProto['initializers'][number][],
    inputs: [] as ValueInfoProto[],
    outputs: [] as ValueInfoProto[],
  };
  readFields(reader, end, {
    1: () => graph.nodes.push(readSub(reader, readNode)),
    2: () => (graph.name = readString(reader)),
    5: () => graph.initializers.push(readSub(reader, readTensor)),
    11: () => graph.inputs.push(readSub(reader, readValueInfo)),
    12: () => graph.outputs.push(readSub(reader, readValueInfo)),
  });
  return graph;
}

function readOpset(reader: Reader, end: number): Opset {
  let domain = '';
  let version = 0;
  readFields(reader, end, {
    1: () => (domain = readString(reader)),
    2: () => (version = integer(reader)),
  });
  return { domain, version };
}

/**
 * Reads a model. Old files list their weights among the inputs too: those are left out.
 * Throws: CheckpointError with one sentence when the bytes are no ONNX model, or one with weights of
 * strings or complex numbers.
 */
export function readModel(bytes: Uint8Array): ModelProto {
  const opsets: Opset[] = [];
  let irVersion = 0;
  let graph: GraphProto | null = null;
  try {
    const reader = protobuf.Reader.create(bytes);
    readFields(reader, bytes.byteLength, {
      1: () => (irVersion = integer(reader)),
      7: () => (graph = readSub(reader, readGraph)),
      8: () => opsets.push(readSub(reader, readOpset)),
    });
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    throw new CheckpointError('This is not an ONNX file, or it is cut off.', { cause });
  }
  const read = graph as GraphProto | null;
  if (!read || read.nodes.length === 0 || opsets.length === 0) {
    throw new CheckpointError('This is not an ONNX file: it holds no graph.');
  }
  const weights = new Set(read.initializers.map(({ name }) => name));
  const inputs = read.inputs.filter(({ name }) => !weights.has(name));
  return { irVersion, opsets, graph: { ...read, inputs } };
}
