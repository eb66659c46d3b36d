/**
 * The last step of an import: the network as ONNX, handed over file by file as it is made. Memory
 * holds one shard and one tensor at a time, whatever the size of the checkpoint.
 */
import { elementCount, type Checkpoint } from '../../checkpoint/checkpoint.js';
import { networkOf, type NetworkFamily } from '../../checkpoint/convert.js';
import { networksIn, withoutWrappers } from '../../checkpoint/found-networks.js';
import type { Graph } from '../../checkpoint/onnx/graph.js';
import { isHalf, writeModel, type WeightStorage } from '../../checkpoint/onnx/write-model.js';
import type { ModelCard, ModelFile, ModelManifest } from '../../protocol/model-card.js';
import { countParameters } from './checkpoint-kind.js';
import { openShards } from './open-weights.js';
import type { ConvertibleFiles } from './identified.js';
import { passOnnx } from './pass-onnx.js';
import { HashingSink, type ModelSink, type OnnxFiles, type WriteJob } from './model-sink.js';
import type { Hasher } from '../store/hasher.js';
import type { SourceFile } from './source-file.js';
import { expectNotCancelled, orUnusable, unusable, type CancelSignal } from './unusable.js';

export interface ConvertOptions {
  readonly storage: WeightStorage;
  readonly createHasher: () => Hasher;
  /** `done` and `total` are values; of a file taken over as it is, shares of its values. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: CancelSignal;
}

/** Weights of more bytes go beside the graph, in files of at most `shardBytes`. */
export const largestInline = 64 * 2 ** 20;
export const shardBytes = 128 * 2 ** 20;

function weightBytes(graph: Graph, storage: WeightStorage): number {
  const sizes = [...graph.parameters.values()].map(
    ({ tensor }) => elementCount(tensor.shape) * (isHalf(tensor, storage) ? 2 : 4),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function writeGraph(graph: Graph, job: WriteJob): Promise<OnnxFiles> {
  const { name, sink, storage, signal } = job;
  const externalData: ModelFile[] = [];
  const shards = {
    maxBytes: shardBytes,
    prefix: name === 'model' ? 'weights' : name,
    write: async ({ path, data }: { readonly path: string; readonly data: Uint8Array }) => {
      externalData.push(await sink.write(path, data));
    },
  };
  const onnx = await writeModel(graph, {
    storage,
    ...(weightBytes(graph, storage) > largestInline && { shards }),
    onProgress: (values) => {
      expectNotCancelled(signal);
      job.onValues(values);
    },
  });
  return { onnx: await sink.write(`${name}.onnx`, onnx), externalData };
}

interface CheckpointJob {
  readonly files: readonly [SourceFile, ...SourceFile[]];
  /** null: there is one network only. */
  readonly weightsPath: string | null;
  readonly family: NetworkFamily;
  readonly config: unknown;
  readonly pixelUnshuffle: number;
  readonly parameters: number;
}

/** The weights the card was written for. Throws: CheckpointError, RepaintError modelUnusable. */
async function weightsOf({ files, weightsPath }: CheckpointJob): Promise<Checkpoint> {
  const networks = networksIn(withoutWrappers(await openShards(files)));
  const found = networks.find(({ path }) => weightsPath === null || path === weightsPath);
  if (found) return found.checkpoint;
  const where = weightsPath ? `"${weightsPath}"` : 'its top';
  throw unusable(`${files[0].name} has no network at ${where}, as its card says; add it again.`);
}

async function convertCheckpoint(network: CheckpointJob, job: WriteJob): Promise<OnnxFiles> {
  const { files, parameters, family, config, pixelUnshuffle } = network;
  const checkpoint = await weightsOf(network);
  const counted = countParameters(checkpoint);
  if (counted !== parameters) {
    throw unusable(
      `${files[0].name} has ${counted} parameters, its card says ${parameters}; correct the card.`,
    );
  }
  return writeGraph(networkOf(checkpoint, { family, config, pixelUnshuffle }), job);
}

function convertNetwork(files: ConvertibleFiles, card: ModelCard, job: WriteJob) {
  const { weights, shards, weightsPath, config, data } = files;
  const { family, pixelUnshuffle, parameters } = card.network;
  if (family === 'onnx') return passOnnx(weights, data, 'network', parameters, job);
  const network = { files: [weights, ...shards] as const, weightsPath };
  return convertCheckpoint({ ...network, family, config, pixelUnshuffle, parameters }, job);
}

async function convertClassifier(files: ConvertibleFiles, card: ModelCard, job: WriteJob) {
  const { classifier, data } = files;
  if (!classifier || !card.classifier) return null;
  const { weights, config } = classifier;
  const { family, parameters } = card.classifier;
  if (family === 'onnx') return passOnnx(weights, data, 'classifier', parameters, job);
  const network = { files: [weights] as const, weightsPath: null };
  return convertCheckpoint({ ...network, family, config, pixelUnshuffle: 1, parameters }, job);
}

/**
 * Makes the model: `model.onnx`, the classifier's `classifier.onnx` where there is one, and files
 * with weights beside them. The manifest is returned, not written: it goes last.
 * Throws: RepaintError cancelled, modelUnusable; what sources and sink throw.
 */
export async function convertModel(
  files: ConvertibleFiles,
  card: ModelCard,
  sink: ModelSink,
  { storage, createHasher, onProgress, signal }: ConvertOptions,
): Promise<ModelManifest> {
  return orUnusable(async () => {
    const total = card.network.parameters + (card.classifier?.parameters ?? 0);
    const hashing = new HashingSink(sink, createHasher);
    const job = (name: WriteJob['name'], before: number): WriteJob => ({
      name,
      sink: hashing,
      storage,
      signal,
      onValues: (done) => onProgress?.(Math.min(before + done, total), total),
    });
    expectNotCancelled(signal);
    const network = await convertNetwork(files, card, job('model', 0));
    const steering = job('classifier', card.network.parameters);
    const classifier = await convertClassifier(files, card, steering);
    return { card, ...network, classifier };
  });
}
