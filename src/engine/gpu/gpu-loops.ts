/** What both kinds of the photo's levels need of a GPU: buffers, dispatches in pieces, read-backs. */
import { RepaintError } from '../../protocol/failure.js';
import { paramsWords, priorWorkgroup } from './prior-wgsl.js';
import { readBuffer } from './read-buffer.js';

/** A pipeline and what it is bound to. */
export interface BoundKernel {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
}

/** Owns a level's buffers. Their sizes are rounded up to what WebGPU asks for. */
export class LoopBuffers {
  readonly params: GPUBuffer;
  private readonly _all: GPUBuffer[] = [];

  /** `onLost`: a read-back failed, which is how a lost device shows. */
  constructor(
    private readonly _device: GPUDevice,
    private readonly _onLost: () => void,
  ) {
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.params = this._device.createBuffer({ size: 4 * paramsWords, usage });
    this._all.push(this.params);
  }

  storage(sizeBytes: number, mappedAtCreation = false): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const size = Math.max(16, 4 * Math.ceil(sizeBytes / 4));
    const buffer = this._device.createBuffer({ size, usage, mappedAtCreation });
    this._all.push(buffer);
    return buffer;
  }

  holding(values: Int32Array | Uint8Array): GPUBuffer {
    const buffer = this.storage(values.byteLength, true);
    new Uint8Array(buffer.getMappedRange()).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
    buffer.unmap();
    return buffer;
  }

  write(buffer: GPUBuffer, values: Float32Array | Int32Array | Uint32Array): void {
    const { byteOffset, byteLength } = values;
    this._device.queue.writeBuffer(buffer, 0, values.buffer, byteOffset, byteLength);
  }

  /** Binds buffers by their number in the kernel. */
  bind(pipeline: GPUComputePipeline, buffers: Readonly<Record<number, GPUBuffer>>): BoundKernel {
    const numbered = Object.entries({ 0: this.params, ...buffers });
    const entries = numbered.map(([binding, buffer]) => ({
      binding: Number(binding),
      resource: { buffer },
    }));
    const layout = pipeline.getBindGroupLayout(0);
    return { pipeline, group: this._device.createBindGroup({ layout, entries }) };
  }

  /** Runs kernels one after another, each over its own number of invocations, as one submission. */
  dispatch(kernels: readonly (BoundKernel & { invocations: number })[], params: Uint32Array): void {
    this.write(this.params, params);
    const encoder = this._device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, invocations } of kernels) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(Math.ceil(invocations / priorWorkgroup));
    }
    pass.end();
    this._device.queue.submit([encoder.finish()]);
  }

  /** What is there once all that was submitted is done. Throws: RepaintError deviceLost. */
  async read(buffer: GPUBuffer, sizeBytes: number): Promise<ArrayBuffer> {
    if (sizeBytes === 0) return new ArrayBuffer(0);
    try {
      return await readBuffer(this._device, buffer, sizeBytes);
    } catch (error) {
      this._onLost();
      const message = error instanceof Error ? error.message : String(error);
      throw new RepaintError('deviceLost', `The GPU did not answer: ${message}`, { cause: error });
    }
  }

  destroy(): void {
    for (const buffer of this._all) buffer.destroy();
  }
}

/** Parts [0, count) into pieces, as [first, end). */
export function* pieces(count: number, most: number): Generator<[number, number]> {
  for (let first = 0; first < count; first += most) yield [first, Math.min(count, first + most)];
}
