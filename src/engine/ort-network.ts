/**
 * The sampler's network port over an ONNX Runtime session, with tensors on the CPU.
 * Works with sessions of onnxruntime-web and of onnxruntime-node alike: it imports neither.
 */
import { Tensor, type InferenceSession, type OnnxValue } from 'onnxruntime-common';
import type { Network, NetworkCall } from '../core/network.js';
import { RepaintError } from '../protocol/failure.js';
import { toEngineError } from './engine-error.js';
import { readSignature, type ModelSignature, type ScalarInput } from './model-signature.js';
import { SerialQueue } from './serial-queue.js';

/** Makes a tensor of the input's own type. Shapes: values [N], or one value for a scalar. */
export function scalarTensor(input: ScalarInput, values: readonly number[]): Tensor {
  const used = input.isPerImage ? values : values.slice(0, 1);
  const dims = input.isPerImage ? [used.length] : [];
  if (input.type === 'float32') return new Tensor('float32', Float32Array.from(used), dims);
  if (input.type === 'int32') return new Tensor('int32', Int32Array.from(used), dims);
  return new Tensor(
    'int64',
    BigInt64Array.from(used, (value) => BigInt(Math.round(value))),
    dims,
  );
}

function expectClassLabels(signature: ModelSignature, call: NetworkCall): void {
  if (signature.classLabel && !call.classLabels) {
    throw new RepaintError(
      'badRequest',
      'This model needs a class label for each image; got none.',
    );
  }
}

/** A session as the sampler's network. Release it when the last call is done. */
export class OrtNetwork implements Network {
  private readonly _signature: ModelSignature;

  /** `queue` is shared by all sessions of one wasm instance; in Node a new one will do. */
  constructor(
    private readonly _session: InferenceSession,
    private readonly _queue: SerialQueue = new SerialQueue(),
  ) {
    this._signature = readSignature(_session);
  }

  /** Throws: RepaintError modelShape, outOfMemory, deviceLost or internal, cause kept. */
  async predict(call: NetworkCall): Promise<Float32Array> {
    const feeds = this._feeds(call);
    try {
      const results = await this._queue.run(() => this._session.run(feeds));
      return outputData(results[this._signature.output]);
    } catch (error) {
      throw toEngineError(error, 'The network call failed');
    }
  }

  async release(): Promise<void> {
    await this._queue.run(() => this._session.release());
  }

  private _feeds(call: NetworkCall): Record<string, Tensor> {
    expectClassLabels(this._signature, call);
    const { sample, timestep, classLabel } = this._signature;
    const [n] = call.shape;
    const feeds: Record<string, Tensor> = {
      [sample]: new Tensor('float32', call.xt, call.shape),
      [timestep.name]: scalarTensor(timestep, new Array<number>(n).fill(call.timestep)),
    };
    if (classLabel && call.classLabels) {
      feeds[classLabel.name] = scalarTensor(classLabel, Array.from(call.classLabels));
    }
    return feeds;
  }
}

/** Throws: RepaintError modelShape for anything but float32 on the CPU. */
export function outputData(value: OnnxValue | undefined): Float32Array {
  const data: unknown = value?.data;
  if (data instanceof Float32Array) return data;
  throw new RepaintError('modelShape', "The model's output is not a float32 tensor on the CPU.");
}
