/** A network as ONNX Runtime takes it: the graph, and the files with weights it refers to. */
import type { StorageKind } from '../protocol/compute-device.js';
import type { ModelManifest } from '../protocol/model-card.js';

export interface OnnxModel {
  readonly graph: Uint8Array;
  /** `path`: as the graph calls it. A Blob is streamed tensor by tensor where the build can. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array | Blob }[];
}

/** A model whose files are at hand. */
export interface StoredModel {
  readonly manifest: ModelManifest;
  readonly onnx: OnnxModel;
  /** The card's classifier; null without one. */
  readonly classifier: OnnxModel | null;
  /** Where the files came from, or went to. */
  readonly storage: StorageKind;
}

/** Bytes of the graph and of the files it refers to. */
export function modelBytes({ graph, externalData }: OnnxModel): number {
  const sizes = externalData.map(({ data }) => ('size' in data ? data.size : data.byteLength));
  return sizes.reduce((sum, size) => sum + size, graph.byteLength);
}

/** A graph that holds all its weights itself. */
export function inlineModel(graph: Uint8Array): OnnxModel {
  return { graph, externalData: [] };
}
