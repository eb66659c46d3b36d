/// <reference types="@webgpu/types" />
/** The browser's half of `--on webgpu`: sessions of the engine's own runtime, called by number. */
import { Tensor, type InferenceSession } from 'onnxruntime-common';
import { OrtWeb } from '../../engine/ort-web.js';
import { inlineModel } from '../../engine/onnx-model.js';
import type { PageApi, RemoteTensor } from './browser-runtime.js';

const ortBaseUrl = new URL('/node_modules/onnxruntime-web/dist/', location.origin).href;

async function startPage(): Promise<PageApi> {
  const ort = await OrtWeb.start({ ortBaseUrl, backend: 'webgpu' });
  const sessions = new Map<number, InferenceSession>();
  return {
    adapter: ort.gpu?.description ?? 'none',
    async create(base64) {
      const model = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const session = await ort.createSession(inlineModel(model), { freeDimensions: null });
      const id = sessions.size;
      sessions.set(id, session);
      const { inputNames, outputNames } = session;
      const inputs = session.inputMetadata.flatMap((input) =>
        input.isTensor ? [{ name: input.name, type: input.type, shape: [...input.shape] }] : [],
      );
      return { id, inputNames: [...inputNames], outputNames: [...outputNames], inputs };
    },
    async run(id, feeds) {
      const tensors = Object.fromEntries(
        Object.entries(feeds).map(([name, { type, values, shape }]) => [
          name,
          type === 'int32'
            ? new Tensor('int32', Int32Array.from(values), shape)
            : new Tensor('float32', Float32Array.from(values), shape),
        ]),
      );
      const results = await ort.queue.run(() => sessions.get(id)!.run(tensors));
      const entries = Object.entries(results).map(([name, tensor]): [string, RemoteTensor] => {
        const values = Array.from(tensor.data as Float32Array);
        return [name, { type: 'float32', values, shape: [...tensor.dims] }];
      });
      return Object.fromEntries(entries);
    },
    async release(id) {
      await ort.queue.run(() => sessions.get(id)!.release());
    },
  };
}

(globalThis as { parityPage?: Promise<PageApi> }).parityPage = startPage();
