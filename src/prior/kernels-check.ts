/** Whether a device's loops can be trusted, tried on a small picture before a fill is. */
import { CoherentNetwork } from './coherent-network.js';
import { ExactNetwork } from './exact-network.js';
import type { PhotoImages } from './photo-images.js';
import type { PriorKernels } from './prior-kernels.js';
import { wasmKernels } from './wasm-kernels.js';

const size = { width: 40, height: 32 };
const window = { x: 12, y: 9, width: 15, height: 14 };
const shape = [1, 3, window.height, window.width] as const;
const steps = [800, 300, 20];

/**
 * Rounding may turn a choice between two candidates, and what comes after it; a loop that is wrong
 * differs nearly everywhere. Units: of [-1, 1], the mean over all pixels.
 */
const allowed = 0.02;

/** Stripes and a slope, and a hole that leaves more than enough patches. */
function picture(): PhotoImages {
  const plane = size.width * size.height;
  const at = (i: number) => [i % size.width, Math.floor(i / size.width) % size.height];
  const wave = (scale: number) => (_: unknown, i: number) => {
    const [x, y] = at(i);
    return 0.5 * Math.sin(scale * x + i / plane) + 0.4 * Math.cos((x * y) / 9 + scale * y);
  };
  const data = Float32Array.from({ length: 3 * plane }, wave(0.9));
  const texture = Float32Array.from({ length: 2 * plane }, wave(0.3));
  const keepMask = Float32Array.from({ length: plane }, (_, i) => {
    const [x, y] = at(i);
    return Math.abs(x - 19) < 5 && Math.abs(y - 15) < 4 ? 0 : 1;
  });
  return {
    known: { ...size, channels: 3, data },
    keepMask,
    texture: { ...size, channels: 2, data: texture },
    hints: null,
    window,
  };
}

/** What both networks make of a few calls. */
async function answers(kernels: PriorKernels): Promise<Float32Array[]> {
  const images = picture();
  const whole = { ...images, window: { x: 0, y: 0, ...size } };
  const exact = await ExactNetwork.open(whole, kernels);
  const coherent = await CoherentNetwork.open(images, 7, null, { patch: 7, kernels });
  try {
    const { data } = images.known;
    const exactShape = [1, 3, size.height, size.width] as const;
    const call = { xt: data, shape: exactShape, timestep: 600, classLabels: null };
    const made = [await exact.predict(call)];
    const xt = data.slice(0, 3 * window.width * window.height);
    coherent.lookAt(xt, 2);
    for (const timestep of steps)
      made.push((await coherent.predict({ xt, shape, timestep, classLabels: null })).slice());
    return made;
  } finally {
    exact.release();
    coherent.release();
  }
}

/** True where the kernels make of a small picture what WebAssembly makes. */
export async function agreesWithWasm(kernels: PriorKernels): Promise<boolean> {
  const [own, expected] = [await answers(kernels), await answers(wasmKernels)];
  return own.every((values, k) => {
    const sum = values.reduce((sum, value, i) => sum + Math.abs(value - expected[k][i]), 0);
    return sum / values.length <= allowed;
  });
}
