/**
 * Networks and states on one GPU device. Checks itself before it is trusted: the state against
 * the CPU state, and a captured graph against its own first, uncaptured run.
 */
import { guidanceCalls } from '../../core/guidance.js';
import type { ImageShape } from '../../core/network.js';
import type { BatchQuestion } from '../../protocol/fill.js';
import type { Precision } from '../../protocol/compute-device.js';
import { BatchChooser, checkIdle, type IdleTime } from '../batch-chooser.js';
import type { GpuGrant } from '../gpu-device.js';
import type { StateSetup } from '../state-setup.js';
import type { OrtWeb } from '../ort-web.js';
import type { StateBackend } from '../state-backend.js';
import { measureCalls } from '../warm-up.js';
import { inErrorScopes } from './error-scopes.js';
import type { OrtGpuNetwork } from './gpu-network.js';
import { GpuNetworks, type GpuNetworkModel } from './gpu-networks.js';
import { GpuSamplerState } from './gpu-state.js';
import { GpuTrials, networkShape } from './gpu-trials.js';
import { probeNetwork } from './precision-check.js';
import { checkGpuState, type StateCheck } from './state-check.js';
import { createStepKernels, type StepKernels } from './step-kernels.js';

export interface GpuModel extends GpuNetworkModel {
  /** Of the activations. */
  readonly precision: Precision;
  readonly nullClassLabel: number | null;
}

/** Makes GPU states; one is in use at a time. */
export class GpuBackend implements StateBackend {
  readonly sampler = 'gpu';
  private readonly _networks: GpuNetworks;
  private readonly _trials: GpuTrials;
  private readonly _chooser: BatchChooser;
  private _current: GpuSamplerState | null = null;
  private _msPerPixel: number | null = null;

  private constructor(
    ort: OrtWeb,
    private readonly _grant: GpuGrant,
    private readonly _kernels: StepKernels,
    private readonly _model: GpuModel,
  ) {
    this._networks = new GpuNetworks(ort, _grant.device, _model);
    this._trials = new GpuTrials({
      device: _grant.device,
      networks: this._networks,
      precision: _model.precision,
      measure: (network, idle) => this._measure(network, idle),
      msPerPixel: () => this._msPerPixel,
    });
    this._chooser = new BatchChooser(this._trials);
  }

  /** Throws: GPUPipelineError when the device refuses a kernel. */
  static async create(ort: OrtWeb, grant: GpuGrant, model: GpuModel): Promise<GpuBackend> {
    return new GpuBackend(ort, grant, await createStepKernels(grant.device), model);
  }

  get precision(): Precision {
    return this._model.precision;
  }

  get isCaptured(): boolean {
    return this._networks.captures;
  }

  /** Frees the state before it, then makes the state of a level. */
  async createState(setup: StateSetup): Promise<GpuSamplerState> {
    const [n, ...rest] = setup.shape;
    const calls = guidanceCalls(setup.guidance, n).length;
    this._current?.release();
    const network = await this._networks.acquire([n * calls, ...rest]);
    const { device, description } = this._grant;
    const options = { ...setup, kernels: this._kernels, network, device: description };
    // Kept at once, so that one for which memory was short is freed too.
    return inErrorScopes(
      device,
      ['out-of-memory'],
      async () => (this._current = new GpuSamplerState(options)),
    );
  }

  /** Compares this state with the CPU state over a short walk of that shape. */
  async check(shape: ImageShape): Promise<StateCheck> {
    const network = await this._networks.acquire(shape);
    const { nullClassLabel } = this._model;
    return checkGpuState(this._grant.device, network, nullClassLabel, (setup) =>
      this.createState(setup),
    );
  }

  /** The network's answers to a fixed batch of that shape, to compare precisions by. */
  async probe(shape: ImageShape): Promise<Float32Array> {
    const network = await this._networks.acquire(shape);
    return probeNetwork(this._grant.device, network, this._model.nullClassLabel);
  }

  async warmUp(shape: ImageShape): Promise<number> {
    const ms = await this._measure(await this._networks.acquire(shape));
    this._msPerPixel = ms / (shape[0] * shape[2] * shape[3]);
    return ms;
  }

  chooseBatch(question: BatchQuestion): Promise<number> {
    return this._chooser.choose(question);
  }

  rejectBatch(question: BatchQuestion, images: number): Promise<void> {
    return this._chooser.reject(question, images);
  }

  async prepare(question: BatchQuestion, idle: IdleTime): Promise<void> {
    const images = await this._chooser.choose(question, idle);
    if (idle.isOver || !this._trials.fits(question, images)) return;
    await this._networks.acquire(networkShape(question, images));
  }

  async release(): Promise<void> {
    this._current?.release();
    await this._networks.releaseAll();
  }

  /** Counts a call until the GPU is done with it. */
  private async _measure(network: OrtGpuNetwork, idle: IdleTime | null = null): Promise<number> {
    const [images] = network.shape;
    const classLabels = new Int32Array(images).fill(this._model.nullClassLabel ?? 0);
    return measureCalls(async () => {
      checkIdle(idle);
      await network.run({ timestep: 500, classLabels });
      await this._grant.device.queue.onSubmittedWorkDone();
    }, 1);
  }
}
