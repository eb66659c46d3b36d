/** A classifier's gradient over an ONNX Runtime session, with tensors on the CPU. */
import { Tensor, type InferenceSession } from 'onnxruntime-common';
import type { GradientModel, NetworkCall } from '../core/network.js';
import { RepaintError } from '../protocol/failure.js';
import { toEngineError } from './engine-error.js';
import { readSignature, type ModelSignature } from './model-signature.js';
import { outputData, scalarTensor } from './ort-network.js';
import { SerialQueue } from './serial-queue.js';

/** What a classifier's graph calls d log p(y | x_t) / d x_t. */
const gradientName = 'grad';

/** A session of a graph that holds its own gradient. Release it when the last call is done. */
export class OrtClassifier implements GradientModel {
  private readonly _signature: ModelSignature;

  /** Throws: RepaintError modelShape when the graph answers no gradient. */
  constructor(
    private readonly _session: InferenceSession,
    private readonly _queue: SerialQueue = new SerialQueue(),
  ) {
    this._signature = readSignature(_session);
    if (_session.outputNames.includes(gradientName)) return;
    throw new RepaintError(
      'modelShape',
      `The classifier must answer '${gradientName}'; it answers ${_session.outputNames.join(', ')}.`,
    );
  }

  /** Throws: RepaintError badRequest without labels; modelShape, outOfMemory or internal. */
  async gradient(call: NetworkCall): Promise<Float32Array> {
    const feeds = this._feeds(call);
    try {
      const results = await this._queue.run(() => this._session.run(feeds, [gradientName]));
      return outputData(results[gradientName]);
    } catch (error) {
      throw toEngineError(error, 'The classifier failed');
    }
  }

  async release(): Promise<void> {
    await this._queue.run(() => this._session.release());
  }

  private _feeds({ xt, shape, timestep, classLabels }: NetworkCall): Record<string, Tensor> {
    const { sample, timestep: time, classLabel } = this._signature;
    if (!classLabel || !classLabels) {
      throw new RepaintError('badRequest', 'A classifier needs a class to steer towards.');
    }
    return {
      [sample]: new Tensor('float32', xt, shape),
      [time.name]: scalarTensor(time, new Array<number>(shape[0]).fill(timestep)),
      [classLabel.name]: scalarTensor(classLabel, Array.from(classLabels)),
    };
  }
}
