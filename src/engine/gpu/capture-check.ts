/**
 * A captured graph may replay stale or wrong work without an error (onnxruntime issue 29594; drop
 * this file when a release fixes it and says so). Its first run is not a replay and serves as the truth.
 */
import { askNetwork } from './ask-network.js';
import type { GpuNetwork } from './gpu-network.js';

/** Differences of a replay to the run it replays: none are expected, this allows rounding. */
const tolerance = 1e-5;

function answer(device: GPUDevice, network: GpuNetwork, phase: number) {
  const [n, c, h, w] = network.shape;
  const xt = Float32Array.from({ length: n * c * h * w }, (_, i) => Math.sin(i * 0.7 + phase));
  const classLabels = new Int32Array(n);
  return askNetwork(device, network, xt, { timestep: 400 + 50 * phase, classLabels });
}

/** NaN where either is: that is no answer to be replayed. */
function maxDifference(a: Float32Array, b: Float32Array): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

/** Runs A, B, A: whether the second A equals the first, and B is something else. */
export async function replaysFaithfully(device: GPUDevice, network: GpuNetwork): Promise<boolean> {
  const first = await answer(device, network, 0);
  const other = await answer(device, network, 1);
  const again = await answer(device, network, 0);
  return maxDifference(first, again) <= tolerance && maxDifference(first, other) > tolerance;
}
