/** The network contract as an ONNX file states it, checked before the file is taken over. */
import { CheckpointError, elementCount } from '../../checkpoint/checkpoint.js';
import type { GraphProto, ValueInfoProto } from '../../checkpoint/onnx/proto.js';
import { readModel } from '../../checkpoint/onnx/read-model.js';
import type { SourceFile } from './source-file.js';
import { unusable } from './unusable.js';

/** A file with weights that a graph refers to. */
export interface DataFile {
  readonly location: string;
  /** Where its last tensor ends. */
  readonly sizeBytes: number;
}

/** What a graph says of the network it holds. An extent is null where the graph leaves it open. */
export interface OnnxFacts {
  readonly channels: number | null;
  readonly outChannels: number | null;
  /** True for N = 1, false for any N. */
  readonly isFixedBatch: boolean;
  readonly height: number | null;
  readonly width: number | null;
  readonly hasClasses: boolean;
  readonly parameters: number;
  readonly dataFiles: readonly DataFile[];
}

/** Below this an .onnx is looked at before it is downloaded or copied. */
export const largestLook = 64 * 2 ** 20;

/** What the sampler asks of a graph's outputs: the prediction alone, or the gradient among others. */
export type OnnxRole = 'network' | 'classifier';

const scalarTypes: readonly string[] = ['float32', 'int32', 'int64'];

function describeValue({ name, type, dims }: ValueInfoProto): string {
  return `'${name}' ${type} [${dims.join(', ')}]`;
}

function expectImage(file: SourceFile, value: ValueInfoProto | undefined, what: string) {
  if (value?.type === 'float32' && value.dims.length === 4) return value;
  const got = value ? describeValue(value) : 'nothing of that name';
  throw unusable(
    `${file.name} must ${what} as float32 [N, C, H, W], and has ${got}; export it again.`,
  );
}

/** One fill is one image; more at once are made only where N is open. */
function expectOneImage(file: SourceFile, sample: ValueInfoProto): void {
  const images = extentOf(sample, 0) ?? 1;
  if (images === 1) return;
  throw unusable(
    `${file.name} takes ${images} images at once and no fewer; export it with an open batch size.`,
  );
}

function expectScalar(file: SourceFile, value: ValueInfoProto | undefined, name: string): void {
  if (value && scalarTypes.includes(value.type) && value.dims.length <= 1) return;
  const got = value ? describeValue(value) : 'nothing of that name';
  throw unusable(
    `${file.name} must take '${name}' as float32, int32 or int64 of shape [N] or [], and has ` +
      `${got}; export it again.`,
  );
}

function expectKnownInputs(file: SourceFile, { inputs }: GraphProto): void {
  const stranger = inputs.find(({ name }) => !['sample', 'timestep', 'class_label'].includes(name));
  if (!stranger) return;
  throw unusable(
    `${file.name} also takes ${describeValue(stranger)}; a network here takes sample, timestep ` +
      'and class_label only.',
  );
}

function outputOf(file: SourceFile, { outputs }: GraphProto, role: OnnxRole) {
  if (role === 'classifier') {
    return expectImage(
      file,
      outputs.find(({ name }) => name === 'grad'),
      "answer 'grad'",
    );
  }
  if (outputs.length !== 1) {
    const names = outputs.map(({ name }) => name).join(', ');
    throw unusable(`${file.name} must have one output, the prediction, and has ${names}.`);
  }
  return expectImage(file, outputs[0], 'answer the prediction');
}

/** Locations are names beside the graph: anything else would reach out of the model's folder. */
function dataFilesOf(file: SourceFile, { initializers }: GraphProto): DataFile[] {
  const ends = new Map<string, number>();
  for (const { data } of initializers) {
    if (!('location' in data)) continue;
    const { location, offset, length } = data;
    if (/[/\\]|^\.*$|\.(onnx|json)$/i.test(location)) {
      throw unusable(
        `${file.name} looks for weights at '${location}'; they must lie beside it, in no folder, ` +
          'in a file that is no .onnx and no .json.',
      );
    }
    ends.set(location, Math.max(ends.get(location) ?? 0, offset + length));
  }
  return [...ends].map(([location, sizeBytes]) => ({ location, sizeBytes }));
}

/** What has more values than this counts as trained, though tables of constants can have more. */
const largestConstant = 16;

function parametersOf({ initializers }: GraphProto): number {
  return initializers
    .filter(({ type }) => type.includes('float'))
    .map(({ dims }) => elementCount(dims))
    .filter((count) => count > largestConstant)
    .reduce((sum, count) => sum + count, 0);
}

function extentOf({ dims }: ValueInfoProto, axis: number): number | null {
  const extent = dims[axis];
  return typeof extent === 'number' && extent > 0 ? extent : null;
}

/** Protobuf's limit: more weights lie in files beside the graph. */
const largestGraph = 2 ** 31;

async function readGraph({ name, source }: SourceFile) {
  const { sizeBytes } = source;
  if (sizeBytes > largestGraph) {
    throw unusable(`${name} has ${sizeBytes} bytes, more than an .onnx can have; export it again.`);
  }
  try {
    return readModel(await source.read(0, sizeBytes));
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw unusable(`${name}: ${error.message}`, error);
  }
}

/**
 * Reads an ONNX file and checks its inputs and outputs.
 * Throws: RepaintError modelUnusable with one sentence.
 */
export async function readOnnxFacts(file: SourceFile, role: OnnxRole): Promise<OnnxFacts> {
  const { graph } = await readGraph(file);
  const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
  const sample = expectImage(file, inputs.get('sample'), "take 'sample'");
  expectOneImage(file, sample);
  expectScalar(file, inputs.get('timestep'), 'timestep');
  const label = inputs.get('class_label');
  if (label || role === 'classifier') expectScalar(file, label, 'class_label');
  expectKnownInputs(file, graph);
  return {
    channels: extentOf(sample, 1),
    outChannels: extentOf(outputOf(file, graph, role), 1),
    isFixedBatch: extentOf(sample, 0) !== null,
    height: extentOf(sample, 2),
    width: extentOf(sample, 3),
    hasClasses: label !== undefined,
    parameters: parametersOf(graph),
    dataFiles: dataFilesOf(file, graph),
  };
}
