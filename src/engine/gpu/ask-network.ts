/** One call of a network on the GPU with values of the CPU, for checks. */
import type { GpuCall, GpuNetwork } from './gpu-network.js';
import { readBuffer } from './read-buffer.js';

/** Uploads x_t, runs, reads back. Shapes: xt [N*C*H*W]; returns [N*outChannels*H*W]. */
export async function askNetwork(
  device: GPUDevice,
  network: GpuNetwork,
  xt: Float32Array,
  call: GpuCall,
): Promise<Float32Array> {
  const [n, , h, w] = network.shape;
  device.queue.writeBuffer(network.input, 0, xt as Float32Array<ArrayBuffer>);
  const output = await network.run(call);
  return new Float32Array(await readBuffer(device, output, 4 * n * network.outChannels * h * w));
}
