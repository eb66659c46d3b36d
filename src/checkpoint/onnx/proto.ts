/**
 * Messages of the ONNX file format as plain data, and their protobuf encoding.
 * Only what this project writes; written with protobufjs' Writer rather than its reflection,
 * because reflection compiles code at run time, which an add-on's content policy forbids.
 * Source: field numbers of onnx.proto3, IR version 8 (github.com/onnx/onnx, Apache-2.0).
 */
import protobuf, { type Writer } from 'protobufjs/minimal.js';

/** TensorProto.DataType, without strings, complex numbers and types under a byte. */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;
export type ElementType = keyof typeof elementTypes;

/** AttributeProto, tagged by the field that holds the value. */
export type Attribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly tensor: TensorProto }
  /** Of any other kind, as it was read: the bytes of the whole AttributeProto. */
  | { readonly encoded: Uint8Array };

export interface NodeProto {
  readonly name: string;
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Of the operator; absent for ONNX's own. */
  readonly domain?: string;
}

/** Raw little-endian data inside the file, or a place in a file beside it. */
export type TensorData =
  | { readonly raw: Uint8Array }
  | { readonly location: string; readonly offset: number; readonly length: number };

export interface TensorProto {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** A graph input or output; a text dimension is symbolic. */
export interface ValueInfoProto {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly (number | string)[];
}

export interface GraphProto {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
}

/** A set of operators the graph uses; domain '' is ONNX's own. */
export interface Opset {
  readonly domain: string;
  readonly version: number;
}

export interface ModelProto {
  readonly irVersion: number;
  readonly opsets: readonly Opset[];
  readonly graph: GraphProto;
}

const irVersion = 8;
/** Opset 17: the newest every onnxruntime target runs whole, and what the graphs were measured at. */
const opsets: readonly Opset[] = [{ domain: '', version: 17 }];

const varint = (field: number) => field << 3;
const fixed32 = (field: number) => (field << 3) | 5;
const delimited = (field: number) => (field << 3) | 2;

function message(writer: Writer, field: number, write: () => void): void {
  writer.uint32(delimited(field)).fork();
  write();
  writer.ldelim();
}

function text(writer: Writer, field: number, value: string): void {
  writer.uint32(delimited(field)).string(value);
}

function packedInts(writer: Writer, field: number, values: readonly number[]): void {
  message(writer, field, () => values.forEach((value) => writer.int64(value)));
}

function writeAttribute(
  writer: Writer,
  name: string,
  attribute: Exclude<Attribute, { readonly encoded: Uint8Array }>,
): void {
  const kind = (type: number) => writer.uint32(varint(20)).int32(type);
  text(writer, 1, name);
  if ('float' in attribute) {
    writer.uint32(fixed32(2)).float(attribute.float);
    kind(1);
  } else if ('int' in attribute) {
    writer.uint32(varint(3)).int64(attribute.int);
    kind(2);
  } else if ('text' in attribute) {
    text(writer, 4, attribute.text);
    kind(3);
  } else if ('tensor' in attribute) {
    message(writer, 5, () => writeTensor(writer, attribute.tensor));
    kind(4);
  } else {
    packedInts(writer, 8, attribute.ints);
    kind(7);
  }
}

function writeAttributeField(writer: Writer, name: string, attribute: Attribute): void {
  if ('encoded' in attribute) writer.uint32(delimited(5)).bytes(attribute.encoded);
  else message(writer, 5, () => writeAttribute(writer, name, attribute));
}

function writeNode(writer: Writer, node: NodeProto): void {
  node.inputs.forEach((name) => text(writer, 1, name));
  node.outputs.forEach((name) => text(writer, 2, name));
  text(writer, 3, node.name);
  text(writer, 4, node.opType);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    writeAttributeField(writer, name, attribute);
  }
  if (node.domain) text(writer, 7, node.domain);
}

function writeExternalEntry(writer: Writer, key: string, value: string): void {
  message(writer, 13, () => {
    text(writer, 1, key);
    text(writer, 2, value);
  });
}

function writeTensor(writer: Writer, tensor: TensorProto): void {
  packedInts(writer, 1, tensor.dims);
  writer.uint32(varint(2)).int32(elementTypes[tensor.type]);
  text(writer, 8, tensor.name);
  if ('raw' in tensor.data) {
    writer.uint32(delimited(9)).bytes(tensor.data.raw);
    return;
  }
  writeExternalEntry(writer, 'location', tensor.data.location);
  writeExternalEntry(writer, 'offset', String(tensor.data.offset));
  writeExternalEntry(writer, 'length', String(tensor.data.length));
  writer.uint32(varint(14)).int32(1);
}

function writeDimension(writer: Writer, extent: number | string): void {
  if (typeof extent === 'number') writer.uint32(varint(1)).int64(extent);
  else text(writer, 2, extent);
}

function writeValueInfo(writer: Writer, value: ValueInfoProto): void {
  text(writer, 1, value.name);
  const writeShape = () =>
    value.dims.forEach((extent) => message(writer, 1, () => writeDimension(writer, extent)));
  const writeTensorType = () => {
    writer.uint32(varint(1)).int32(elementTypes[value.type]);
    message(writer, 2, writeShape);
  };
  message(writer, 2, () => message(writer, 1, writeTensorType));
}

function writeGraph(writer: Writer, graph: GraphProto): void {
  graph.nodes.forEach((node) => message(writer, 1, () => writeNode(writer, node)));
  text(writer, 2, graph.name);
  graph.initializers.forEach((tensor) => message(writer, 5, () => writeTensor(writer, tensor)));
  graph.inputs.forEach((value) => message(writer, 11, () => writeValueInfo(writer, value)));
  graph.outputs.forEach((value) => message(writer, 12, () => writeValueInfo(writer, value)));
}

function writeOpset(writer: Writer, { domain, version }: Opset): void {
  if (domain !== '') text(writer, 1, domain);
  writer.uint32(varint(2)).int64(version);
}

/** Encodes a ModelProto; by default of this project's own version and operators. */
export function encodeModel(
  graph: GraphProto,
  of: Pick<ModelProto, 'irVersion' | 'opsets'> = { irVersion, opsets },
): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(varint(1)).int64(of.irVersion);
  text(writer, 2, 'repaint-fill');
  message(writer, 7, () => writeGraph(writer, graph));
  of.opsets.forEach((opset) => message(writer, 8, () => writeOpset(writer, opset)));
  const bytes = writer.finish();
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
