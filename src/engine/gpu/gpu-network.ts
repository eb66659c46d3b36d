/** The network with its tensors on the GPU: what the GPU state calls instead of core's port. */
import { Tensor, type InferenceSession } from 'onnxruntime-common';
import type { ImageShape } from '../../core/network.js';
import { RepaintError } from '../../protocol/failure.js';
import { toEngineError } from '../engine-error.js';
import { readSignature, type ModelSignature, type ScalarInput } from '../model-signature.js';
import type { SerialQueue } from '../serial-queue.js';

/** What one call is told besides the images. */
export interface GpuCall {
  readonly timestep: number;
  /** Shapes: [N of the network's batch]. */
  readonly classLabels: Int32Array | null;
}

/** A network of fixed shape on one device. */
export interface GpuNetwork {
  /** Of the network's batch; under guidance that is twice the images. */
  readonly shape: ImageShape;
  readonly outChannels: number;
  /** The state writes x_t here, always the same buffer. Shapes: [N*C*H*W] float32. */
  readonly input: GPUBuffer;
  /**
   * Submits one call; work submitted before it is seen by it, and it by work submitted after.
   * Returns: the output, valid until the next call. Shapes: [N, outChannels, H, W] float32.
   */
  run(call: GpuCall): Promise<GPUBuffer>;
}

/** Buffers that ONNX Runtime binds must be multiples of 16 bytes. */
function roundUp16(sizeBytes: number): number {
  return Math.ceil(sizeBytes / 16) * 16;
}

type InputType = 'float32' | 'int32';

function wordType(type: string): InputType {
  if (type === 'float32' || type === 'int32') return type;
  throw new RepaintError(
    'modelShape',
    `WebGPU has no ${type}: the model's timestep and class_label must be float32 or int32.`,
  );
}

/** Guidance gives class and no class in one call. */
function expectLabelPerImage({ isPerImage }: ScalarInput): void {
  if (isPerImage) return;
  throw new RepaintError('modelShape', "The model's class_label must be one for each image.");
}

/** A session of onnxruntime-web on WebGPU whose outputs stay on the GPU. */
export class OrtGpuNetwork implements GpuNetwork {
  readonly input: GPUBuffer;
  private readonly _signature: ModelSignature;
  private readonly _feeds: Record<string, Tensor>;
  private readonly _timestep: GPUBuffer;
  private readonly _classLabel: GPUBuffer | null = null;
  private _last: Tensor | null = null;

  constructor(
    private readonly _session: InferenceSession,
    private readonly _queue: SerialQueue,
    private readonly _device: GPUDevice,
    readonly shape: ImageShape,
    readonly outChannels: number,
  ) {
    this._signature = readSignature(_session);
    const [n, c, h, w] = shape;
    const { sample, timestep, classLabel } = this._signature;
    this.input = this._buffer(4 * n * c * h * w);
    this._timestep = this._buffer(4 * n);
    this._feeds = {
      [sample]: this._tensor(this.input, 'float32', shape),
      [timestep.name]: this._scalars(this._timestep, timestep),
    };
    if (classLabel) {
      expectLabelPerImage(classLabel);
      this._classLabel = this._buffer(4 * n);
      this._feeds[classLabel.name] = this._scalars(this._classLabel, classLabel);
    }
  }

  /** Throws: RepaintError deviceLost, outOfMemory, modelShape or internal, cause kept. */
  async run(call: GpuCall): Promise<GPUBuffer> {
    this._writeScalars(call);
    try {
      const results = await this._queue.run(() => this._session.run(this._feeds));
      this._last?.dispose();
      this._last = results[this._signature.output];
      return this._last.gpuBuffer;
    } catch (error) {
      throw toEngineError(error, 'The network call failed');
    }
  }

  async release(): Promise<void> {
    this._last?.dispose();
    await this._queue.run(() => this._session.release());
    for (const buffer of [this.input, this._timestep, this._classLabel]) buffer?.destroy();
  }

  private _writeScalars({ timestep, classLabels }: GpuCall): void {
    const [n] = this.shape;
    const isFloat = this._signature.timestep.type === 'float32';
    const times = isFloat ? new Float32Array(n).fill(timestep) : new Int32Array(n).fill(timestep);
    this._device.queue.writeBuffer(this._timestep, 0, times);
    if (!this._classLabel) return;
    if (!classLabels) {
      throw new RepaintError('badRequest', 'This model needs a class label for each image.');
    }
    this._device.queue.writeBuffer(this._classLabel, 0, Int32Array.from(classLabels));
  }

  private _scalars(buffer: GPUBuffer, { type, isPerImage }: ScalarInput): Tensor {
    return this._tensor(buffer, wordType(type), isPerImage ? [this.shape[0]] : []);
  }

  private _buffer(sizeBytes: number): GPUBuffer {
    return this._device.createBuffer({
      size: roundUp16(sizeBytes),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
  }

  private _tensor(buffer: GPUBuffer, dataType: InputType, dims: readonly number[]): Tensor {
    return Tensor.fromGpuBuffer(buffer, { dataType, dims });
  }
}
