/**
 * The sampler state on GPU buffers: x_t, the known pixels, the mask and the noise never leave the
 * GPU between the start of a walk and what its caller asks to read.
 */
import { spreadOverBatch } from '../../core/composite.js';
import type { KnownPixels } from '../../core/known-region.js';
import { guidanceCalls, noGuidance, type Guidance } from '../../core/guidance.js';
import type { ImageShape } from '../../core/network.js';
import {
  noisePurposes,
  PhiloxNoise,
  type NoisePurpose,
  type NoiseSource,
} from '../../core/noise.js';
import type {
  DenoiseStep,
  NoiseLevel,
  QSampleStep,
  RenoiseStep,
  SamplerState,
  StateImages,
} from '../../core/sampler-state.js';
import type { GpuNetwork } from './gpu-network.js';
import { denoiseParams } from './denoise-params.js';
import { FiniteWatch } from './finite-watch.js';
import { GpuBuffers, reportSizeBytes, type FiniteReport } from './gpu-buffers.js';
import { readBuffer } from './read-buffer.js';
import type { StepKernels } from './step-kernels.js';
import { StepParamsBlock, type StepParams } from './step-params.js';
import { workgroupSize, type KernelName } from './step-wgsl.js';

const defaultCallsAhead = 2;

export interface GpuStateOptions {
  readonly kernels: StepKernels;
  /** Its batch is the images times `guidanceCalls`: class and no class go in one call. */
  readonly network: GpuNetwork;
  /** Of the images, without the second half that guidance adds. */
  readonly shape: ImageShape;
  /** Philox is computed in the kernels; any other source is uploaded draw by draw (tests). */
  readonly noise: NoiseSource;
  readonly pixels?: KnownPixels | null;
  readonly guidance?: Guidance;
  readonly device?: string;
  /** Network calls the CPU may be ahead of the GPU: few, so that progress and cancel stay true. */
  readonly maxCallsAhead?: number;
}

/** What the state has asked of the GPU so far, network calls apart. */
export interface GpuStateCounts {
  dispatches: number;
  networkCalls: number;
  bytesReadBack: number;
}

/** Where `drift` takes its signal from. */
const driftSources = { nothing: 0, xt: 1, x0Hat: 2 } as const;

/** Holds a batch in GPU buffers. Release it after the walk. */
export class GpuSamplerState implements SamplerState {
  readonly shape: ImageShape;
  readonly device: string;
  readonly callsPerStep: number;
  readonly counts: GpuStateCounts = { dispatches: 0, networkCalls: 0, bytesReadBack: 0 };
  private readonly _buffers: GpuBuffers;
  private readonly _params = new StepParamsBlock();
  private readonly _stateGroup: GPUBindGroup;
  private readonly _previewGroup: GPUBindGroup;
  private readonly _outputGroups = new WeakMap<GPUBuffer, GPUBindGroup>();
  private readonly _classLabels: Int32Array | null;
  private readonly _inFlight: Promise<undefined>[] = [];
  private readonly _watch: FiniteWatch;
  private _hasX0Hat = false;

  /** Throws: RangeError when network, shape and guidance do not belong together. */
  constructor(private readonly _options: GpuStateOptions) {
    const { shape, network, guidance = noGuidance, kernels } = _options;
    const labels = guidanceCalls(guidance, shape[0]);
    checkShapes(shape, network, labels.length);
    this.shape = shape;
    this.device = _options.device ?? 'webgpu';
    this.callsPerStep = labels.length;
    this._classLabels = labels[0] && Int32Array.from(labels.flatMap((l) => [...(l ?? [])]));
    this._buffers = new GpuBuffers(kernels.device, shape, network.input);
    this._watch = new FiniteWatch({
      total: (shape[0] * 4 * this._quads * network.outChannels) / shape[1],
      device: this.device,
      readReport: () => this._readReport(),
    });
    this._stateGroup = this._buffers.bindGroup(kernels.stateLayout);
    this._previewGroup = kernels.device.createBindGroup({
      layout: kernels.previewLayout,
      entries: [{ binding: 1, resource: { buffer: this._buffers.preview } }],
    });
    this._uploadConstants();
  }

  async start(): Promise<void> {
    this._begin();
    this._drift('start', { signal: 0, sigma: 1, transition: 0 }, driftSources.nothing);
  }

  async startFrom(x0: Float32Array, step: QSampleStep): Promise<void> {
    this._begin();
    this._buffers.write('x0Hat', x0);
    this._drift('start', { ...step, transition: 0 }, driftSources.x0Hat);
  }

  async denoise(step: DenoiseStep): Promise<void> {
    this._setDenoise(step);
    if (step.inject) this._submit('inject');
    const { network } = this._options;
    const call = { timestep: step.timestep, classLabels: this._classLabels };
    const output = await network.run(call);
    this.counts.networkCalls += this.callsPerStep;
    this._recordNoise('step', step.transition);
    this._submit('denoise', this._outputGroup(output));
    this._hasX0Hat = true;
    await this._keepPace(step);
  }

  async renoise(step: RenoiseStep): Promise<void> {
    this._drift('renoise', step, driftSources.xt);
  }

  async restart(step: QSampleStep): Promise<void> {
    if (!this._hasX0Hat) throw new RangeError('a restart needs a network call before it');
    this._drift('restart', step, driftSources.x0Hat);
  }

  /** The copy is submitted before the first await: what is asked of the state later is not in it. */
  async readXt(): Promise<Float32Array> {
    return this._read(this._buffers.xt);
  }

  /** As readXt. */
  async readX0Hat(): Promise<Float32Array | null> {
    return this._hasX0Hat ? this._read(this._buffers.x0Hat) : null;
  }

  /**
   * Renders the predicted images, known pixels composited in, and reads a byte a channel.
   * Shapes: returns [N, H, W, 4]. Throws: RangeError when the images are not RGB.
   */
  async readPreview(): Promise<Uint8ClampedArray<ArrayBuffer>> {
    const [n, c, h, w] = this.shape;
    if (c !== 3) throw new RangeError(`a preview needs RGB images, got ${c} channels`);
    this._submit('preview', this._previewGroup);
    const sizeBytes = 4 * n * h * w;
    this.counts.bytesReadBack += sizeBytes;
    const { device } = this._options.kernels;
    return new Uint8ClampedArray(await readBuffer(device, this._buffers.preview, sizeBytes));
  }

  async restore(images: StateImages): Promise<void> {
    this._begin();
    this._buffers.write('xt', images.xt);
    // The second half of a guided batch is written by the next injection or drift.
    if (this.callsPerStep === 2) this._buffers.write('xt', images.xt, 4 * images.xt.length);
    if (images.x0Hat) this._buffers.write('x0Hat', images.x0Hat);
    this._hasX0Hat = images.x0Hat !== null;
  }

  /** Frees the state's own buffers; the network keeps its own. */
  release(): void {
    this._buffers.destroy();
  }

  private get _queue(): GPUQueue {
    return this._options.kernels.device.queue;
  }

  private get _quads(): number {
    return (this.shape[1] * this.shape[2] * this.shape[3]) / 4;
  }

  private _begin(): void {
    this._buffers.resetReport();
    this._watch.reset();
    this._hasX0Hat = false;
  }

  private _uploadConstants(): void {
    const { pixels, noise, network, guidance = noGuidance } = this._options;
    const { shape } = this;
    if (pixels) {
      this._buffers.write('known', spreadOverBatch(pixels.known, shape, 'known'));
      this._buffers.write('keepMask', spreadOverBatch(pixels.keepMask, shape, 'keepMask'));
    }
    const isPhilox = noise instanceof PhiloxNoise;
    if (isPhilox) this._buffers.write('keys', concatenateKeys(noise.keys, shape[0]));
    this._params.set({
      quads: this._quads,
      images: shape[0],
      outQuads: (this._quads / shape[1]) * network.outChannels,
      isGuided: this.callsPerStep === 2 ? 1 : 0,
      level: isPhilox ? noise.level : 0,
      isRecorded: isPhilox ? 0 : 1,
      guidanceScale: guidance.scale,
    });
  }

  private _drift(
    purpose: NoisePurpose,
    step: NoiseLevel & { readonly transition: number },
    driftFrom: number,
  ): void {
    const { signal, sigma, transition } = step;
    this._setParams({ signal, sigma, transition, driftFrom, purpose: noisePurposes[purpose] });
    this._recordNoise(purpose, transition);
    this._submit('drift');
  }

  private _setDenoise(step: DenoiseStep): void {
    const { transition, inject, coefficients } = step;
    this._setParams({ transition, ...inject, ...denoiseParams(coefficients) });
    if (inject) this._recordNoise('known', transition);
  }

  private _setParams(values: Partial<StepParams>): void {
    this._params.set(values);
    this._queue.writeBuffer(this._buffers.params, 0, this._params.bytes);
  }

  /** Uploads a draw that the kernels cannot compute themselves. */
  private _recordNoise(purpose: NoisePurpose, transition: number): void {
    const { noise } = this._options;
    if (noise instanceof PhiloxNoise) return;
    const size = 4 * this._quads;
    const z = new Float32Array(this.shape[0] * size);
    for (let n = 0; n < this.shape[0]; n++) {
      noise.fill({ purpose, transition }, n, z.subarray(n * size, (n + 1) * size));
    }
    this._buffers.write('recorded', z);
  }

  private _submit(name: KernelName, group1?: GPUBindGroup): void {
    const { device, pipelines } = this._options.kernels;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipelines[name]);
    pass.setBindGroup(0, this._stateGroup);
    if (group1) pass.setBindGroup(1, group1);
    pass.dispatchWorkgroups(Math.ceil(this._quads / workgroupSize), this.shape[0]);
    pass.end();
    device.queue.submit([encoder.finish()]);
    this.counts.dispatches++;
  }

  private _outputGroup(output: GPUBuffer): GPUBindGroup {
    const known = this._outputGroups.get(output);
    if (known) return known;
    const { device, outputLayout } = this._options.kernels;
    const group = device.createBindGroup({
      layout: outputLayout,
      entries: [{ binding: 0, resource: { buffer: output } }],
    });
    this._outputGroups.set(output, group);
    return group;
  }

  /** Waits until the GPU is near, and looks for bad outputs now and then. */
  private async _keepPace(step: DenoiseStep): Promise<void> {
    const { maxCallsAhead = defaultCallsAhead } = this._options;
    this._inFlight.push(this._queue.onSubmittedWorkDone());
    if (this._inFlight.length > maxCallsAhead) await this._inFlight.shift();
    await this._watch.called(step);
  }

  private _readReport(): Promise<FiniteReport> {
    this.counts.bytesReadBack += reportSizeBytes;
    return this._buffers.readReport();
  }

  private async _read(buffer: GPUBuffer): Promise<Float32Array> {
    const sizeBytes = 16 * this._quads * this.shape[0];
    this.counts.bytesReadBack += sizeBytes;
    const copy = readBuffer(this._options.kernels.device, buffer, sizeBytes);
    const [bytes] = await Promise.all([copy, this._watch.check()]);
    return new Float32Array(bytes);
  }
}

function concatenateKeys(keys: readonly Uint32Array[], images: number): Uint32Array<ArrayBuffer> {
  if (keys.length < images) {
    throw new RangeError(`expected ${images} seeds, one per image, got ${keys.length}`);
  }
  return Uint32Array.from(keys.slice(0, images).flatMap((key) => [...key]));
}

function checkShapes(shape: ImageShape, network: GpuNetwork, calls: number): void {
  const expected = [shape[0] * calls, shape[1], shape[2], shape[3]];
  if (!expected.every((extent, i) => extent === network.shape[i])) {
    throw new RangeError(
      `the network's shape must be [${expected.join(', ')}] for ${calls} calls a step, got [${network.shape.join(', ')}]`,
    );
  }
  if ((shape[2] * shape[3]) % 4 !== 0) {
    throw new RangeError(
      `an image plane must be a multiple of 4 pixels, got ${shape[2]} x ${shape[3]}`,
    );
  }
}
