/** Sampler states on the CPU around a session: WebAssembly, or a GPU that failed its self-check. */
import { CpuSamplerState } from '../core/cpu-state.js';
import type { ImageShape } from '../core/network.js';
import type { SamplerState } from '../core/sampler-state.js';
import type { BatchQuestion } from '../protocol/fill.js';
import { BatchChooser } from './batch-chooser.js';
import type { IdleTime } from './batch-chooser.js';
import { batchShape, CpuTrials, idleCall } from './cpu-trials.js';
import type { LevelSetup } from './level-setup.js';
import type { OnnxModel } from './onnx-model.js';
import { OrtNetwork } from './ort-network.js';
import type { OrtWeb } from './ort-web.js';
import { SessionPool, sizeOf } from './session-pool.js';
import type { BatchSize } from './session-pool.js';
import type { StateBackend } from './state-backend.js';
import { measureCalls } from './warm-up.js';

/** One session for each level of a fill. */
const maxSessions = 3;
/** WebAssembly plans its memory per call: one session serves every shape. */
const anySize: BatchSize = { N: 0, H: 0, W: 0 };

/** Copies x_t in and the output out at every call. */
export class CpuBackend implements StateBackend {
  readonly precision = 'float32';
  private readonly _networks: SessionPool<OrtNetwork>;
  private readonly _chooser: BatchChooser;
  private _msPerPixel: number | null = null;

  constructor(
    private readonly _ort: OrtWeb,
    private readonly _onnx: OnnxModel,
    private readonly _nullClassLabel: number | null,
    readonly description: string,
  ) {
    this._networks = new SessionPool((size) => this._open(size), maxSessions);
    this._chooser = new BatchChooser(
      new CpuTrials({
        nullClassLabel: _nullClassLabel,
        msPerPixel: () => this._msPerPixel,
        network: (shape) => this._network(shape),
        // The one session that serves every shape is kept.
        release: async (shape) =>
          this._ort.gpu ? this._networks.release(sizeOf(shape)) : undefined,
      }),
    );
  }

  async createState(setup: LevelSetup): Promise<SamplerState> {
    const network = await this._network(setup.shape);
    return new CpuSamplerState({ ...setup, network, device: this.description });
  }

  async warmUp(shape: ImageShape): Promise<number> {
    const network = await this._network(shape);
    const call = idleCall(shape, this._nullClassLabel);
    const ms = await measureCalls(() => network.predict(call));
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
    if (!idle.isOver) await this._network(batchShape(question, images));
  }

  release(): Promise<void> {
    return this._networks.releaseAll();
  }

  private _network(shape: ImageShape): Promise<OrtNetwork> {
    return this._networks.acquire(this._ort.gpu ? sizeOf(shape) : anySize);
  }

  private async _open(size: BatchSize): Promise<OrtNetwork> {
    const freeDimensions = size === anySize ? null : { ...size };
    const session = await this._ort.createSession(this._onnx, { freeDimensions });
    return new OrtNetwork(session, this._ort.queue);
  }
}
