import type { ImageShape, Network } from '../../../src/core/network.js';
import type { GpuCall, GpuNetwork } from '../../../src/engine/gpu/gpu-network.js';
import { readBuffer } from '../../../src/engine/gpu/read-buffer.js';

const usage = (): number =>
  GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/** A network of the core's port behind GPU buffers, so that both states can call the very same. */
export class HostNetwork implements GpuNetwork {
  readonly input: GPUBuffer;
  private readonly _output: GPUBuffer;
  private readonly _device: GPUDevice;
  private readonly _network: Network;

  constructor(
    device: GPUDevice,
    network: Network,
    readonly shape: ImageShape,
    readonly outChannels: number,
  ) {
    this._device = device;
    this._network = network;
    const [n, c, h, w] = shape;
    this.input = device.createBuffer({ size: 4 * n * c * h * w, usage: usage() });
    this._output = device.createBuffer({ size: 4 * n * outChannels * h * w, usage: usage() });
  }

  async run({ timestep, classLabels }: GpuCall): Promise<GPUBuffer> {
    const bytes = await readBuffer(this._device, this.input, this.input.size);
    const xt = new Float32Array(bytes);
    const out = await this._network.predict({ xt, shape: this.shape, timestep, classLabels });
    this._device.queue.writeBuffer(this._output, 0, out as Float32Array<ArrayBuffer>);
    return this._output;
  }
}
