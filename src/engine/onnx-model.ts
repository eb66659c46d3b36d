/** A network as ONNX Runtime takes it: the graph, and the files with weights it refers to. */

export interface OnnxModel {
  readonly graph: Uint8Array;
  /** `path`: as the graph calls it. A Blob is streamed tensor by tensor where the build can. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array | Blob }[];
}

/** A graph that holds all its weights itself. */
export function inlineModel(graph: Uint8Array): OnnxModel {
  return { graph, externalData: [] };
}
