/**
 * Whether a network answers each image of a batch as it answers the image alone: another size has
 * other kernels, and a fill must not depend on what is made beside it.
 */
import { askNetwork } from './ask-network.js';
import type { GpuNetwork } from './gpu-network.js';
import { relativeDifference } from './precision-check.js';

function answer(device: GPUDevice, network: GpuNetwork, xt: Float32Array): Promise<Float32Array> {
  const classLabels = new Int32Array(network.shape[0]);
  return askNetwork(device, network, xt, { timestep: 500, classLabels });
}

/**
 * Returns the largest difference of an answer in the batch to the answer alone, as a share of the
 * answer (rms). `many` has a whole number of batches of `one`.
 */
export async function batchDifference(
  device: GPUDevice,
  one: GpuNetwork,
  many: GpuNetwork,
): Promise<number> {
  const [n, c, h, w] = one.shape;
  const size = n * c * h * w;
  const batches = many.shape[0] / n;
  const xt = Float32Array.from({ length: batches * size }, (_, i) => Math.sin(i * 0.7 + i / size));
  const together = await answer(device, many, xt);
  const differences: number[] = [];
  for (let k = 0; k < batches; k++) {
    const alone = await answer(device, one, xt.slice(k * size, (k + 1) * size));
    const part = together.subarray(k * alone.length, (k + 1) * alone.length);
    differences.push(relativeDifference(part, alone));
  }
  return Math.max(...differences);
}
