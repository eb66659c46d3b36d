/**
 * Networks and states on one GPU device. Checks itself before it is trusted: the state against
 * the CPU state, and a captured graph against its own first, uncaptured run.
 */
import { guidanceCalls } from '../../core/guidance.js';
import type { ImageShape } from '../../core/network.js';
import type { BatchQuestion } from '../../protocol/fill.js';
import type { Precision } from '../../protocol/worker-api.js';
import { BatchChooser } from '../batch-chooser.js';
import type { IdleTime } from '../batch-chooser.js';
import type { GpuGrant } from '../gpu-device.js';
import type { LevelSetup } from '../level-setup.js';
import type { OnnxModel } from '../onnx-model.js';
import type { OrtWeb } from '../ort-web.js';
import { SessionPool, sizeOf } from '../session-pool.js';
import type { BatchSize } from '../session-pool.js';
import type { StateBackend } from '../state-backend.js';
import { measureCalls } from '../warm-up.js';
import { replaysFaithfully } from './capture-check.js';
import { inErrorScopes } from './error-scopes.js';
import { GpuMemory } from './gpu-memory.js';
import type { BufferCount } from './gpu-memory.js';
import { OrtGpuNetwork } from './gpu-network.js';
import { GpuSamplerState } from './gpu-state.js';
import { GpuTrials, networkShape } from './gpu-trials.js';
import { probeNetwork } from './precision-check.js';
import { checkGpuState } from './state-check.js';
import type { StateCheck } from './state-check.js';
import { createStepKernels } from './step-kernels.js';
import type { StepKernels } from './step-kernels.js';

/** Sessions kept at once: one for each level of a fill, each with a copy of the weights. */
const maxSessions = 3;

export interface GpuModel {
  readonly onnx: OnnxModel;
  /** Of the activations. */
  readonly precision: Precision;
  readonly channels: number;
  readonly outChannels: number;
  readonly nullClassLabel: number | null;
}

/** Makes GPU states; one is in use at a time. */
export class GpuBackend implements StateBackend {
  private readonly _networks: SessionPool<OrtGpuNetwork>;
  private readonly _chooser: BatchChooser;
  private readonly _memory: GpuMemory;
  /** What the first calls of a network made, by its shape. */
  private readonly _buffers = new Map<string, BufferCount>();
  private _current: GpuSamplerState | null = null;
  private _captures = true;
  private _hasCaptured = false;
  private _msPerPixel: number | null = null;
  private _openMs = 0;

  private constructor(
    private readonly _ort: OrtWeb,
    private readonly _grant: GpuGrant,
    private readonly _kernels: StepKernels,
    private readonly _model: GpuModel,
  ) {
    this._memory = new GpuMemory(_grant.device);
    this._networks = new SessionPool((size) => this._open(size), maxSessions);
    this._chooser = new BatchChooser(this._trials());
  }

  /** Throws: GPUPipelineError when the device refuses a kernel. */
  static async create(ort: OrtWeb, grant: GpuGrant, model: GpuModel): Promise<GpuBackend> {
    return new GpuBackend(ort, grant, await createStepKernels(grant.device), model);
  }

  get precision(): Precision {
    return this._model.precision;
  }

  get description(): string {
    const graph = this._captures ? 'captured graph' : 'graph encoded per call';
    const precision = this._model.precision === 'float16' ? '16-bit' : '32-bit';
    return `${this._grant.description}, ${precision}, sampler on the GPU, ${graph}`;
  }

  /** Makes the state of a level and frees the one before it. */
  async createState(setup: LevelSetup): Promise<GpuSamplerState> {
    const [n, ...rest] = setup.shape;
    const calls = guidanceCalls(setup.guidance, n).length;
    const network = await this._network([n * calls, ...rest]);
    this._current?.release();
    const device = this._grant.description;
    this._current = await inErrorScopes(
      this._grant.device,
      ['out-of-memory'],
      async () => new GpuSamplerState({ ...setup, kernels: this._kernels, network, device }),
    );
    return this._current;
  }

  /** Compares this state with the CPU state over a short walk of that shape. */
  async check(shape: ImageShape): Promise<StateCheck> {
    const network = await this._network(shape);
    const { nullClassLabel } = this._model;
    return checkGpuState(this._grant.device, network, nullClassLabel, (setup) =>
      this.createState(setup),
    );
  }

  /** The network's answers to a fixed batch of that shape, to compare precisions by. */
  async probe(shape: ImageShape): Promise<Float32Array> {
    const network = await this._network(shape);
    return probeNetwork(this._grant.device, network, this._model.nullClassLabel);
  }

  async warmUp(shape: ImageShape): Promise<number> {
    const ms = await this._measure(shape);
    this._msPerPixel = ms / (shape[0] * shape[2] * shape[3]);
    return ms;
  }

  chooseBatch(question: BatchQuestion): Promise<number> {
    return this._chooser.choose(question);
  }

  async prepare(question: BatchQuestion, idle: IdleTime): Promise<void> {
    const images = await this._chooser.choose(question, idle);
    if (!idle.isOver) await this._network(networkShape(question, images));
  }

  async release(): Promise<void> {
    this._current?.release();
    await this._networks.releaseAll();
  }

  private _network(shape: ImageShape): Promise<OrtGpuNetwork> {
    return this._networks.acquire(sizeOf(shape));
  }

  /** Counts a call until the GPU is done with it. */
  private async _measure(shape: ImageShape): Promise<number> {
    const network = await this._network(shape);
    const label = this._model.nullClassLabel;
    const classLabels = label === null ? null : new Int32Array(shape[0]).fill(label);
    return measureCalls(async () => {
      await network.run({ timestep: 500, classLabels });
      await this._grant.device.queue.onSubmittedWorkDone();
    }, 1);
  }

  private _trials(): GpuTrials {
    return new GpuTrials({
      device: this._grant.device,
      memory: this._memory,
      open: (shape) => this._network(shape),
      release: (shape) => this._networks.release(sizeOf(shape)),
      measure: (shape) => this._measure(shape),
      buffers: (shape) => this._buffers.get(`${shape}`) ?? null,
      msPerPixel: () => this._msPerPixel,
      openMs: () => this._openMs,
    });
  }

  private async _open(size: BatchSize): Promise<OrtGpuNetwork> {
    const startedAt = performance.now();
    const { result, made } = await this._memory.count(() => this._openChecked(size));
    this._buffers.set(`${result.shape}`, made);
    this._openMs = performance.now() - startedAt;
    return result;
  }

  /** Opens a network and makes its first calls. */
  private async _openChecked(size: BatchSize): Promise<OrtGpuNetwork> {
    const captured = this._captures ? await this._openCaptured(size) : null;
    if (captured) {
      this._hasCaptured = true;
      return captured;
    }
    // What failed for a batch, or at one size, may still be had at another.
    if (!this._hasCaptured) this._captures = false;
    const network = await this._openNetwork(size, false);
    await network.run({ timestep: 500, classLabels: new Int32Array(size.N) });
    return network;
  }

  /** null where the runtime refuses to capture, or a replay is not what the first run was. */
  private async _openCaptured(size: BatchSize): Promise<OrtGpuNetwork | null> {
    const network = await this._openNetwork(size, true).catch(() => null);
    if (!network) return null;
    if (await replaysFaithfully(this._grant.device, network).catch(() => false)) return network;
    await network.release().catch(() => undefined);
    return null;
  }

  private async _openNetwork(size: BatchSize, isCaptured: boolean): Promise<OrtGpuNetwork> {
    const { onnx, channels, outChannels } = this._model;
    const options = { freeDimensions: { ...size }, keepsOutputOnGpu: true, isCaptured };
    const session = await inErrorScopes(this._grant.device, ['out-of-memory'], () =>
      this._ort.createSession(onnx, options),
    );
    const shape: ImageShape = [size.N, channels, size.H, size.W];
    return new OrtGpuNetwork(session, this._ort.queue, this._grant.device, shape, outChannels);
  }
}
