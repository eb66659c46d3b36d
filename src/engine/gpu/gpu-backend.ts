/**
 * Networks and states on one GPU device. Checks itself before it is trusted: the state against
 * the CPU state, and a captured graph against its own first, uncaptured run.
 */
import { guidanceCalls } from '../../core/guidance.js';
import type { ImageShape } from '../../core/network.js';
import type { GpuGrant } from '../gpu-device.js';
import type { LevelSetup } from '../level-setup.js';
import type { OnnxModel } from '../onnx-model.js';
import type { OrtWeb } from '../ort-web.js';
import { SessionPool } from '../session-pool.js';
import type { BatchSize } from '../session-pool.js';
import type { StateBackend } from '../state-backend.js';
import { measureCalls } from '../warm-up.js';
import { replaysFaithfully } from './capture-check.js';
import { OrtGpuNetwork } from './gpu-network.js';
import { GpuSamplerState } from './gpu-state.js';
import { checkGpuState } from './state-check.js';
import type { StateCheck } from './state-check.js';
import { createStepKernels } from './step-kernels.js';
import type { StepKernels } from './step-kernels.js';

/** Sessions kept at once: one for each level of a fill. */
const maxSessions = 3;

export interface GpuModel {
  readonly onnx: OnnxModel;
  readonly channels: number;
  readonly outChannels: number;
  readonly nullClassLabel: number | null;
}

/** Makes GPU states; one is in use at a time. */
export class GpuBackend implements StateBackend {
  private readonly _networks: SessionPool<OrtGpuNetwork>;
  private _current: GpuSamplerState | null = null;
  private _captures = true;

  private constructor(
    private readonly _ort: OrtWeb,
    private readonly _grant: GpuGrant,
    private readonly _kernels: StepKernels,
    private readonly _model: GpuModel,
  ) {
    this._networks = new SessionPool((size) => this._open(size), maxSessions);
  }

  /** Throws: GPUPipelineError when the device refuses a kernel. */
  static async create(ort: OrtWeb, grant: GpuGrant, model: GpuModel): Promise<GpuBackend> {
    return new GpuBackend(ort, grant, await createStepKernels(grant.device), model);
  }

  get description(): string {
    const graph = this._captures ? 'captured graph' : 'graph encoded per call';
    return `${this._grant.description}, sampler on the GPU, ${graph}`;
  }

  /** Makes the state of a level and frees the one before it. */
  async createState(setup: LevelSetup): Promise<GpuSamplerState> {
    const [n, ...rest] = setup.shape;
    const calls = guidanceCalls(setup.guidance, n).length;
    const network = await this._network([n * calls, ...rest]);
    this._current?.release();
    const device = this._grant.description;
    this._current = new GpuSamplerState({ ...setup, kernels: this._kernels, network, device });
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

  /** Counts a call until the GPU is done with it. */
  async warmUp(shape: ImageShape): Promise<number> {
    const network = await this._network(shape);
    const label = this._model.nullClassLabel;
    const classLabels = label === null ? null : new Int32Array(shape[0]).fill(label);
    return measureCalls(async () => {
      await network.run({ timestep: 500, classLabels });
      await this._grant.device.queue.onSubmittedWorkDone();
    }, 1);
  }

  async release(): Promise<void> {
    this._current?.release();
    await this._networks.releaseAll();
  }

  private _network([n, , h, w]: ImageShape): Promise<OrtGpuNetwork> {
    return this._networks.acquire({ N: n, H: h, W: w });
  }

  private async _open(size: BatchSize): Promise<OrtGpuNetwork> {
    if (this._captures) {
      const captured = await this._openCaptured(size);
      if (captured) return captured;
      this._captures = false;
    }
    return this._openNetwork(size, false);
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
    const session = await this._ort.createSession(onnx, {
      freeDimensions: { ...size },
      keepsOutputOnGpu: true,
      isCaptured,
    });
    const shape: ImageShape = [size.N, channels, size.H, size.W];
    return new OrtGpuNetwork(session, this._ort.queue, this._grant.device, shape, outChannels);
  }
}
