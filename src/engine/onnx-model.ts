/** A network as ONNX Runtime takes it: the graph, and the files with weights it refers to. */

export interface OnnxModel {
  readonly graph: Uint8Array;
  /** `path`: as the graph calls it. A Blob is streamed tensor by tensor where the build can. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array | Blob }[];
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
