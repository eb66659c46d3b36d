/** Start-up check of the GPU state: a short walk on it must be the CPU state's walk. */
import { CpuSamplerState } from '../../core/cpu-state.js';
import type { ImageShape, NetworkCall } from '../../core/network.js';
import { PhiloxNoise } from '../../core/noise.js';
import type { SamplerState } from '../../core/sampler-state.js';
import type { StepCoefficients } from '../../core/step-coefficients.js';
import type { StateSetup } from '../state-setup.js';
import { askNetwork } from './ask-network.js';
import type { GpuNetwork } from './gpu-network.js';

/**
 * Largest difference of x after two network calls. The network is the same on both sides and its
 * inputs differ by rounding only, so this is generous.
 */
const tolerance = 1e-3;

/** A step in the middle of a chain, with every coefficient in play. */
function middleStep(isLearned: boolean): StepCoefficients {
  return {
    x0FromXt: 1.2,
    x0FromOutput: -0.6,
    clipRange: 1,
    threshold: null,
    meanFromX0: 0.1,
    meanFromXt: 0.85,
    meanFromOutput: 0.05,
    variance: isLearned
      ? { kind: 'learned_range', minLog: -4, maxLog: -3 }
      : { kind: 'fixed', variance: 0.04, logVariance: Math.log(0.04) },
    gradientShift: null,
    hasNoise: true,
  };
}

async function walk(state: SamplerState, isLearned: boolean): Promise<Float32Array> {
  const coefficients = middleStep(isLearned);
  const inject = { signal: 0.8, sigma: 0.6 };
  const common = { timestep: 500, inject, coefficients };
  await state.start();
  await state.denoise({ ...common, t: 2, transition: 0 });
  await state.renoise({ t: 2, transition: 1, signal: 0.9, sigma: Math.sqrt(0.19) });
  await state.denoise({ ...common, t: 2, transition: 2 });
  return state.readXt();
}

/** A known left half and a hole. */
function checkSetup(shape: ImageShape, nullClassLabel: number | null): StateSetup {
  const [n, c, h, w] = shape;
  // Any class, where there is none for "no class".
  const classLabels = nullClassLabel === null ? new Int32Array(n) : null;
  return {
    shape,
    noise: new PhiloxNoise([12345]),
    pixels: {
      known: Float32Array.from({ length: c * h * w }, (_, i) => Math.cos(i * 0.01)),
      keepMask: Float32Array.from({ length: h * w }, (_, i) => (i % w < w / 2 ? 1 : 0)),
    },
    guidance: { classLabels, nullClassLabel, scale: 1 },
    classifierScale: 0,
  };
}

export interface StateCheck {
  readonly isEqual: boolean;
  readonly maxDifference: number;
}

/** Walks both states with one network. `createState` makes the GPU state of the setup. */
export async function checkGpuState(
  device: GPUDevice,
  network: GpuNetwork,
  nullClassLabel: number | null,
  createState: (setup: StateSetup) => Promise<SamplerState>,
): Promise<StateCheck> {
  const setup = checkSetup(network.shape, nullClassLabel);
  const isLearned = network.outChannels > network.shape[1];
  const got = await walk(await createState(setup), isLearned);
  const predict = ({ xt, ...call }: NetworkCall) => askNetwork(device, network, xt, call);
  const reference = new CpuSamplerState({ ...setup, network: { predict } });
  const expected = await walk(reference, isLearned);
  const differences = got.map((x, i) => Math.abs(x - expected[i]));
  const maxDifference = differences.reduce(
    (most, d) => (d > most || Number.isNaN(d) ? d : most),
    0,
  );
  return { isEqual: maxDifference <= tolerance, maxDifference };
}
