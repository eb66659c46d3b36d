/** Measures a network before the user asks for anything, so that estimates are real. */
import type { ImageShape, Network } from '../core/network.js';

/** The first run compiles shaders or lets the wasm engine optimise: it is not counted. */
const uncountedRuns = 2;
const countedRuns = 3;

/** Returns the middle value. Throws: RangeError when there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of no values is not defined');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs the network on a grey image. Returns: median milliseconds of a call. */
export async function measureNetwork(
  network: Network,
  shape: ImageShape,
  nullClassLabel: number | null,
): Promise<number> {
  const xt = new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]);
  const classLabels =
    nullClassLabel === null ? null : new Int32Array(shape[0]).fill(nullClassLabel);
  const times: number[] = [];
  for (let run = 0; run < uncountedRuns + countedRuns; run++) {
    const start = performance.now();
    await network.predict({ xt, shape, timestep: 500, classLabels });
    if (run >= uncountedRuns) times.push(performance.now() - start);
  }
  return median(times);
}
