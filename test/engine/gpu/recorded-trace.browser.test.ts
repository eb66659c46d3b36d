import { describe, expect, test } from 'vitest';
import { AnalyticNetwork } from '../../../src/lab/parity/trace-networks.js';
import { CpuSamplerState } from '../../../src/core/cpu-state.js';
import { createDiffusion } from '../../../src/core/diffusion.js';
import { guidedDiffusionConfig } from '../../../src/core/guided-diffusion-config.js';
import type { ImageShape } from '../../../src/core/network.js';
import type { NoiseDraw, NoiseSource } from '../../../src/core/noise.js';
import { makeMove } from '../../../src/core/sampler.js';
import type { SamplerState } from '../../../src/core/sampler-state.js';
import { labelsToTransitions, type WalkPlan } from '../../../src/core/walk.js';
import { requestGpu } from '../../../src/engine/gpu-device.js';
import { GpuSamplerState } from '../../../src/engine/gpu/gpu-state.js';
import { createStepKernels } from '../../../src/engine/gpu/step-kernels.js';
import { gpuAdapterName, report } from '../browser-setup.js';
import { readFloat32Tensors } from '../read-safetensors.js';
import { HostNetwork } from './host-network.js';

/** A complete run of the released PyTorch code with its noise; see the fixtures' README. */
const folder = '/test/fixtures/repaint-trace/analytic-noclip-nsample/';

type Conf = ConstructorParameters<typeof AnalyticNetwork>[0];
interface RecordedTransition {
  readonly sample_noise?: number | null;
  readonly known_noise?: number | null;
  readonly undo_noise?: number | null;
}
interface RecordedWalk {
  readonly conf: Conf;
  readonly batch: number;
  readonly size: readonly [number, number];
  readonly timestep_map: readonly number[];
  readonly times: readonly number[];
  readonly transitions: readonly RecordedTransition[];
}

async function readTrace() {
  const walk = (await (await fetch(`${folder}walk.json`)).json()) as RecordedWalk;
  const file = await (await fetch(`${folder}trace.safetensors`)).arrayBuffer();
  const shape: ImageShape = [walk.batch, 3, ...walk.size];
  return { walk, tensors: readFloat32Tensors(file), shape };
}
type Trace = Awaited<ReturnType<typeof readTrace>>;

function row({ tensors, shape }: Trace, name: string, index: number): Float32Array {
  const size = shape[0] * shape[1] * shape[2] * shape[3];
  return tensors.get(name)!.subarray(index * size, (index + 1) * size);
}

/** The draws of the run, by what they were for. */
class RecordedNoise implements NoiseSource {
  private readonly _trace: Trace;

  constructor(trace: Trace) {
    this._trace = trace;
  }

  fill({ purpose, transition }: NoiseDraw, image: number, out: Float32Array): void {
    const move = this._trace.walk.transitions[transition];
    const index = {
      start: 0,
      step: move.sample_noise,
      known: move.known_noise,
      renoise: move.undo_noise,
      restart: undefined,
    }[purpose];
    if (typeof index !== 'number') throw new RangeError(`no ${purpose} noise at ${transition}`);
    const noise = row(this._trace, 'noise', index);
    out.set(noise.subarray(image * out.length, (image + 1) * out.length));
  }
}

function planOf({ walk }: Trace): WalkPlan {
  const transitions = labelsToTransitions(walk.times);
  const nfe = transitions.filter((move) => move.kind === 'denoise').length;
  return {
    settings: {
      sampler: 'repaint',
      numInferenceSteps: walk.timestep_map.length,
      jumpLength: 1,
      resamplings: 1,
      eta: null,
    },
    timesteps: walk.timestep_map,
    startLabel: walk.times[0],
    startsFromNoise: true,
    transitions,
    nfe,
    undoSteps: transitions.length - nfe,
  };
}

/** Largest difference to the recorded x after any transition of the whole run. */
async function worstDifference(trace: Trace, state: SamplerState): Promise<number> {
  const plan = planOf(trace);
  const diffusion = createDiffusion(guidedDiffusionConfig(trace.walk.conf), plan.timesteps);
  let worst = 0;
  await state.start();
  for (const [i, move] of plan.transitions.entries()) {
    await makeMove({ plan, diffusion, state }, move, i);
    const expected = row(trace, 'x_after', i);
    const got = await state.readXt();
    got.forEach((x, k) => (worst = Math.max(worst, Math.abs(x - expected[k]))));
  }
  return worst;
}

describe('the recorded run of the released code', () => {
  const stateOptions = (trace: Trace) => ({
    shape: trace.shape,
    noise: new RecordedNoise(trace),
    pixels: { known: trace.tensors.get('gt')!, keepMask: trace.tensors.get('mask')! },
  });

  test('the CPU state follows it', async () => {
    const trace = await readTrace();
    const network = new AnalyticNetwork(trace.walk.conf);
    const state = new CpuSamplerState({ ...stateOptions(trace), network });
    expect(await worstDifference(trace, state)).toBeLessThan(1e-4);
  });

  test.skipIf(!gpuAdapterName)(`the GPU state follows it (${gpuAdapterName})`, async () => {
    const trace = await readTrace();
    const answer = await requestGpu(true);
    if (answer.status === 'refused') throw new Error(answer.reason);
    const kernels = await createStepKernels(answer.grant.device);
    const { device } = kernels;
    device.pushErrorScope('validation');
    const analytic = new AnalyticNetwork(trace.walk.conf);
    const network = new HostNetwork(device, analytic, trace.shape, 6);
    const state = new GpuSamplerState({ ...stateOptions(trace), kernels, network });
    const worst = await worstDifference(trace, state);
    report(`largest difference over ${trace.walk.transitions.length} transitions: ${worst}`);
    // The design's bar for a whole trace.
    expect(worst).toBeLessThan(1e-4);
    expect(await device.popErrorScope()).toBeNull();
    device.destroy();
  });
});
