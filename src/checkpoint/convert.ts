/** From a checkpoint file and its config to an ONNX model: one call, in the browser or in Node. */
import type { ByteSource } from './byte-source.js';
import type { Checkpoint } from './checkpoint.js';
import { openCheckpoint } from './format/open-checkpoint.js';
import { networksIn, withoutWrappers } from './found-networks.js';
import { admClassifier } from './networks/adm-classifier.js';
import { parseAdmClassifierConfig, parseAdmUNetConfig } from './networks/adm-config.js';
import { admUNet } from './networks/adm-unet.js';
import { parseUNet2DConfig } from './networks/unet2d-config.js';
import { unet2d } from './networks/unet2d.js';
import { CheckpointSource, Weights } from './nn/weights.js';
import type { Graph } from './onnx/graph.js';
import { writeModel, type ExternalFile, type WriteOptions } from './onnx/write-model.js';

/** Networks whose architecture this project can build. */
export type NetworkFamily = 'diffusers-unet2d' | 'adm-unet' | 'adm-classifier';

export interface ConversionRequest {
  readonly source: ByteSource;
  readonly family: NetworkFamily;
  /** The parsed `config.json` beside the checkpoint. */
  readonly config: unknown;
  /** Space-to-depth factor around a diffusers network, moved inside the graph; 1 = none. */
  readonly pixelUnshuffle?: number;
}

export interface ConversionResult {
  readonly onnx: Uint8Array;
  /** Files the graph refers to, where `shardBytes` was given. */
  readonly externalData: readonly ExternalFile[];
  /** Number of trained values. */
  readonly parameters: number;
}

export interface ConversionOptions extends Omit<WriteOptions, 'shards'> {
  /** Puts the weights into files of at most this many bytes beside the model. */
  readonly shardBytes?: number;
}

/** What tells one network from another, given its weights. */
export type NetworkRequest = Omit<ConversionRequest, 'source'>;

/**
 * Builds the graph of a checkpoint without reading its weights yet.
 * Throws: CheckpointError with one sentence when checkpoint and config do not make a network.
 */
export function networkOf(checkpoint: Checkpoint, request: NetworkRequest): Graph {
  const source = new CheckpointSource(checkpoint);
  const graph = networkGraph(new Weights(source), request);
  source.expectAllTaken();
  return graph;
}

function networkGraph(weights: Weights, request: NetworkRequest): Graph {
  switch (request.family) {
    case 'diffusers-unet2d':
      return unet2d(weights, parseUNet2DConfig(request.config), request.pixelUnshuffle);
    case 'adm-unet':
      return admUNet(weights, parseAdmUNetConfig(request.config));
    case 'adm-classifier':
      return admClassifier(weights, parseAdmClassifierConfig(request.config));
  }
  return request.family satisfies never;
}

/**
 * Converts a checkpoint. All output is returned in memory; to stream weights of gigabytes to disk,
 * use `networkOf` and `writeModel` with `shards`.
 * Throws: CheckpointError with one sentence when file and config do not make a network.
 */
export async function convertCheckpoint(
  request: ConversionRequest,
  options: ConversionOptions = {},
): Promise<ConversionResult> {
  const all = withoutWrappers(await openCheckpoint(request.source));
  const graph = networkOf(networksIn(all)[0]?.checkpoint ?? all, request);
  const externalData: ExternalFile[] = [];
  const { shardBytes, ...rest } = options;
  const onnx = await writeModel(graph, {
    ...rest,
    ...(shardBytes && {
      shards: { maxBytes: shardBytes, write: async (file) => void externalData.push(file) },
    }),
  });
  return { onnx, externalData, parameters: graph.parameterCount };
}
