/// <reference types="@webgpu/types" />
/** WebGPU through our loop, in the bench page: networks at several batches, and all that is beside them. */
import { tinyUNet } from '../../checkpoint/tiny-unet.js';
import type { ImageShape } from '../../core/network.js';
import { GpuSamplerState } from '../../engine/gpu/gpu-state.js';
import { type GpuNetwork, OrtGpuNetwork } from '../../engine/gpu/gpu-network.js';
import { createStepKernels, type StepKernels } from '../../engine/gpu/step-kernels.js';
import { OrtWeb } from '../../engine/ort-web.js';
import { inlineModel } from '../../engine/onnx-model.js';
import { median } from '../../engine/warm-up.js';
import type { ModelCard } from '../../protocol/model-card.js';
import { benchSetup, denoiseSteps, fillRow } from './bench-walk.js';
import { interleaved, timed, type BenchRow } from './rows.js';

/** Answers at once with the same buffer: what is left is our own part of a transition. */
class InstantNetwork implements GpuNetwork {
  readonly outChannels = 3;
  readonly input: GPUBuffer;
  private readonly _output: GPUBuffer;

  constructor(
    device: GPUDevice,
    readonly shape: ImageShape,
  ) {
    const size = 4 * shape[0] * shape[1] * shape[2] * shape[3];
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.input = device.createBuffer({ size, usage });
    this._output = device.createBuffer({ size, usage });
  }

  run(): Promise<GPUBuffer> {
    return Promise.resolve(this._output);
  }
}

/** As many as between two looks at the report of bad outputs, which waits for the last look. */
const stepsPerBurst = 16;
/** The browser's clock ticks in tenths of a millisecond: bursts are timed, not steps. */
const bursts = 20;

/** Our own JavaScript, dispatches and readback, without a network. */
async function transitionRows(
  kernels: StepKernels,
  card: ModelCard,
  size: number,
): Promise<BenchRow[]> {
  const shape: ImageShape = [1, 3, size, size];
  const network = new InstantNetwork(kernels.device, shape);
  // Far ahead of the GPU, so that its own time, large on a software adapter, is not waited for.
  const state = new GpuSamplerState({
    ...benchSetup(shape, card),
    kernels,
    network,
    maxCallsAhead: 1000,
  });
  const next = denoiseSteps(card, state);
  const times: number[] = [];
  for (let burst = 0; burst < bursts; burst++) {
    const total = await timed(async () => {
      for (let i = 0; i < stepsPerBurst; i++) await next();
    });
    times.push(total / stepsPerBurst);
    await kernels.device.queue.onSubmittedWorkDone();
  }
  const steps = bursts * stepsPerBurst;
  const dispatches = (state.counts.dispatches - 1) / steps;
  const readBack = state.counts.bytesReadBack / steps;
  state.release();
  const name = `webgpu, ${size} px, beside the network, per transition`;
  return [
    { name: `${name}: JavaScript`, value: median(times), unit: 'ms' },
    { name: `${name}: dispatches`, value: dispatches, unit: 'count' },
    { name: `${name}: read back`, value: readBack, unit: 'bytes' },
  ];
}

interface GpuCase {
  readonly ort: OrtWeb;
  readonly kernels: StepKernels;
  readonly card: ModelCard;
  readonly onnx: Uint8Array;
  readonly name: string;
  readonly size: number;
  readonly isQuick: boolean;
  readonly rounds: number;
}

async function networkRows(
  { ort, kernels, card, onnx, name, size, isQuick, rounds }: GpuCase,
  batch: number,
  isCaptured: boolean,
): Promise<BenchRow[]> {
  const shape: ImageShape = [batch, 3, size, size];
  const { device } = kernels;
  let network!: OrtGpuNetwork;
  const load = await timed(async () => {
    const session = await ort.createSession(inlineModel(onnx), {
      freeDimensions: { N: batch, H: size, W: size },
      keepsOutputOnGpu: true,
      isCaptured,
    });
    network = new OrtGpuNetwork(session, ort.queue, device, shape, card.network.outChannels);
  });
  const state = new GpuSamplerState({ ...benchSetup(shape, card), kernels, network });
  const next = denoiseSteps(card, state);
  const label = card.nullClassLabel;
  const classLabels = label === null ? null : new Int32Array(batch).fill(label);
  const done = (call: () => Promise<unknown>) => async () => {
    await call();
    await device.queue.onSubmittedWorkDone();
  };
  const bareCall = done(() => network.run({ timestep: 500, classLabels }));
  const first = await timed(bareCall);
  await next();
  const { bare, transition } = await interleaved(
    { bare: bareCall, transition: done(next) },
    rounds,
  );
  const submitting: number[] = [];
  for (let i = 0; i < 5; i++) {
    submitting.push(await timed(() => network.run({ timestep: 500, classLabels })));
    await device.queue.onSubmittedWorkDone();
  }
  const full = `${name}, ${size} px, batch ${batch}, ${isCaptured ? 'captured' : 'not captured'}`;
  const fill = isCaptured ? [await fillRow(full, card, state, isQuick)] : [];
  state.release();
  await network.release();
  const common: BenchRow[] = [
    { name: `${full}: bare network call`, value: bare, unit: 'ms' },
    { name: `${full}: transition`, value: transition, unit: 'ms' },
    { name: `${full}: transition / call`, value: transition / bare, unit: 'x' },
    { name: `${full}: transition per image`, value: transition / batch, unit: 'ms' },
    ...fill,
  ];
  if (batch > 1) return common;
  return [
    { name: `${full}: session`, value: load, unit: 'ms' },
    { name: `${full}: first call`, value: first, unit: 'ms' },
    { name: `${full}: JavaScript of run()`, value: median(submitting), unit: 'ms' },
    ...common,
  ];
}

/** Measures WebGPU; nothing where there is no adapter. */
export async function gpuRows(
  ortBaseUrl: string,
  card: ModelCard,
  onnx: Uint8Array,
  isQuick: boolean,
): Promise<BenchRow[]> {
  const ort = await OrtWeb.start({ ortBaseUrl, backend: 'webgpu' }).catch(() => null);
  if (!ort?.gpu) return [];
  const kernels = await createStepKernels(ort.gpu.device);
  const isSoftware = /swiftshader|llvmpipe/i.test(ort.gpu.description);
  const rows = [
    ...(await transitionRows(kernels, card, 64)),
    ...(await transitionRows(kernels, card, 256)),
  ];
  const network = isSoftware
    ? { onnx: await tinyUNet(1, { classes: 7, pixelUnshuffle: 2 }), what: 'tiny network', size: 16 }
    : { onnx, what: card.name, size: 64 };
  const common = {
    ort,
    kernels,
    card,
    onnx: network.onnx,
    isQuick,
    rounds: isQuick || isSoftware ? 10 : 60,
  };
  const name = `webgpu (${ort.build}, ${ort.gpu.description}), ${network.what}`;
  const sizes = isSoftware ? [network.size] : [64, 128, 256];
  for (const size of sizes) {
    for (const [batch, isCaptured] of [
      [1, false],
      [1, true],
      [2, true],
      [4, true],
    ] as const) {
      rows.push(...(await networkRows({ ...common, name, size }, batch, isCaptured)));
    }
  }
  ort.gpu.device.destroy();
  return rows;
}
