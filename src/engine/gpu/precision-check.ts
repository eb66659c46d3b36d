/** Whether a network in float16 says on this GPU what it says in float32. */
import { PhiloxNoise } from '../../core/noise.js';
import { askNetwork } from './ask-network.js';
import type { GpuNetwork } from './gpu-network.js';

/** From nearly clean to nearly noise, of the 1,000 timesteps networks are trained with. */
const timesteps = [50, 500, 950];

/** The network's answers to one noisy batch. Shapes: the outputs one after the other. */
export async function probeNetwork(
  device: GPUDevice,
  network: GpuNetwork,
  nullClassLabel: number | null,
): Promise<Float32Array> {
  const [n, c, h, w] = network.shape;
  const size = n * network.outChannels * h * w;
  const xt = new Float32Array(n * c * h * w);
  new PhiloxNoise([1]).fill({ purpose: 'start', transition: 0 }, 0, xt);
  const answers = new Float32Array(timesteps.length * size);
  const classLabels = new Int32Array(n).fill(nullClassLabel ?? 0);
  for (const [i, timestep] of timesteps.entries()) {
    answers.set(await askNetwork(device, network, xt, { timestep, classLabels }), i * size);
  }
  return answers;
}

/** Root mean square of the difference over that of the expected values; NaN when any is NaN. */
export function relativeDifference(got: Float32Array, expected: Float32Array): number {
  let error = 0;
  let power = 0;
  for (let i = 0; i < expected.length; i++) {
    error += (got[i] - expected[i]) ** 2;
    power += expected[i] ** 2;
  }
  return Math.sqrt(error / power);
}
