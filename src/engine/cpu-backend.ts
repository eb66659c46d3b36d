/** Sampler states on the CPU around a session: WebAssembly, or a GPU that failed its self-check. */
import { CpuSamplerState } from '../core/cpu-state.js';
import type { ImageShape } from '../core/network.js';
import type { SamplerState } from '../core/sampler-state.js';
import type { LevelSetup } from './level-setup.js';
import type { OnnxModel } from './onnx-model.js';
import { OrtNetwork } from './ort-network.js';
import type { OrtWeb } from './ort-web.js';
import { SessionPool } from './session-pool.js';
import type { BatchSize } from './session-pool.js';
import type { StateBackend } from './state-backend.js';
import { measureCalls } from './warm-up.js';

/** One session for each level of a fill. */
const maxSessions = 3;
/** WebAssembly plans its memory per call: one session serves every shape. */
const anySize: BatchSize = { N: 0, H: 0, W: 0 };

/** Copies x_t in and the output out at every call. */
export class CpuBackend implements StateBackend {
  private readonly _networks: SessionPool<OrtNetwork>;

  constructor(
    private readonly _ort: OrtWeb,
    private readonly _onnx: OnnxModel,
    private readonly _nullClassLabel: number | null,
    readonly description: string,
  ) {
    this._networks = new SessionPool((size) => this._open(size), maxSessions);
  }

  async createState(setup: LevelSetup): Promise<SamplerState> {
    const network = await this._network(setup.shape);
    return new CpuSamplerState({ ...setup, network, device: this.description });
  }

  async warmUp(shape: ImageShape): Promise<number> {
    const network = await this._network(shape);
    const label = this._nullClassLabel;
    const call = {
      xt: new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]),
      shape,
      timestep: 500,
      classLabels: label === null ? null : new Int32Array(shape[0]).fill(label),
    };
    return measureCalls(() => network.predict(call));
  }

  release(): Promise<void> {
    return this._networks.releaseAll();
  }

  private _network([n, , h, w]: ImageShape): Promise<OrtNetwork> {
    return this._networks.acquire(this._ort.gpu ? { N: n, H: h, W: w } : anySize);
  }

  private async _open(size: BatchSize): Promise<OrtNetwork> {
    const freeDimensions = size === anySize ? null : { ...size };
    const session = await this._ort.createSession(this._onnx, { freeDimensions });
    return new OrtNetwork(session, this._ort.queue);
  }
}
