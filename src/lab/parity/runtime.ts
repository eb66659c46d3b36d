/** The ONNX runtimes that cases can be checked on, behind the API they share. */
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { sessionOptions } from '../../engine/session-options.js';
import { browserRuntime } from './browser-runtime.js';
import type { CaseTensor } from './case-files.js';
import type { ParityBackend } from './family.js';

/** Sessions and tensors of one runtime. */
export interface Runtime {
  session(onnx: Uint8Array): Promise<InferenceSession>;
  readonly floats: (tensor: CaseTensor) => Tensor;
  /** Class labels: int32, as the graphs take them. */
  readonly labels: (tensor: CaseTensor) => Tensor;
}

/**
 * Loads onnxruntime-node, onnxruntime-web's wasm build, or WebGPU in a headless Chromium.
 * Throws: NotSupported where there is no browser with WebGPU.
 */
export async function loadRuntime(backend: ParityBackend): Promise<Runtime> {
  if (backend === 'webgpu') return browserRuntime();
  const isNode = backend === 'node';
  const ort = isNode ? await import('onnxruntime-node') : await import('onnxruntime-web');
  // Cases are small: more threads would wait for each other longer than they compute.
  const options = { executionProviders: [isNode ? 'cpu' : 'wasm'], ...sessionOptions(1) };
  return {
    session: (onnx) => ort.InferenceSession.create(onnx, options),
    floats: ({ values, shape }) => new ort.Tensor('float32', values, shape),
    labels: ({ values, shape }) => new ort.Tensor('int32', Int32Array.from(values), shape),
  };
}

/** Creates a session, runs it once, releases it, and returns its outputs by name. */
export async function runOnce(
  runtime: Runtime,
  onnx: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<ReadonlyMap<string, Float32Array>> {
  const session = await runtime.session(onnx);
  const results = await session.run(feeds);
  const outputs = Object.entries(results).map(
    ([name, tensor]) => [name, Float32Array.from(tensor.data as Float32Array)] as const,
  );
  await session.release();
  return new Map(outputs);
}
