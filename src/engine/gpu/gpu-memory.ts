/**
 * What is known of a GPU's memory: WebGPU tells no total and no use, only the largest buffer it
 * would make. So the bytes of the buffers that are made on the device are counted, ONNX Runtime's
 * and ours: it makes its own through the same device object.
 */

/** Buffers made while something was loaded and run. */
export interface BufferCount {
  readonly totalBytes: number;
  readonly largestBytes: number;
}

const noBuffers: BufferCount = { totalBytes: 0, largestBytes: 0 };

function add(count: BufferCount, sizeBytes: number): BufferCount {
  return {
    totalBytes: count.totalBytes + sizeBytes,
    largestBytes: Math.max(count.largestBytes, sizeBytes),
  };
}

/** Counts the buffers of one device. */
export class GpuMemory {
  private _made = noBuffers;

  constructor(private readonly _device: GPUDevice) {
    const create = _device.createBuffer.bind(_device);
    _device.createBuffer = (descriptor) => {
      // Mapped buffers are for the way in and out, and freed at once.
      const isStaging =
        (descriptor.usage & (GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE)) !== 0;
      if (!isStaging) this._made = add(this._made, descriptor.size);
      return create(descriptor);
    };
  }

  /** Counts what is made while a task runs; what is freed meanwhile is counted too. */
  async count<T>(task: () => Promise<T>): Promise<{ result: T; made: BufferCount }> {
    this._made = noBuffers;
    const result = await task();
    return { result, made: this._made };
  }

  /**
   * Whether a network that took so much for one image can be expected to fit with several, beside
   * what is held already: no buffer larger than the device binds, and all together no larger than
   * the one buffer it says it could make. An upper bound: weights do not grow with the batch.
   */
  fits(one: BufferCount, images: number, heldBytes: number): boolean {
    const { maxStorageBufferBindingSize, maxBufferSize } = this._device.limits;
    return (
      one.largestBytes * images <= Math.min(maxStorageBufferBindingSize, maxBufferSize) &&
      heldBytes + one.totalBytes * images <= maxBufferSize
    );
  }
}
