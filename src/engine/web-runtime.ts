/**
 * The machine behind a fill in the browser: the model, ONNX Runtime and a sampler state for each
 * level. One per worker; after a device loss the worker is replaced, and this with it.
 */
import { CpuSamplerState } from '../core/cpu-state.js';
import type { KnownPixels } from '../core/cpu-state.js';
import type { Guidance } from '../core/guidance.js';
import { noGuidance } from '../core/guidance.js';
import type { ImageShape } from '../core/network.js';
import type { NoiseSource } from '../core/noise.js';
import type { SamplerState } from '../core/sampler-state.js';
import { RepaintError } from '../protocol/failure.js';
import type { ModelCard } from '../protocol/model-card.js';
import type { Backend, DeviceInfo } from '../protocol/worker-api.js';
import { openByteStore } from './byte-store.js';
import type { FetchProgress } from './fetch-bytes.js';
import { loadModel } from './model-store.js';
import type { StoredModel } from './model-store.js';
import { OrtNetwork } from './ort-network.js';
import { OrtWeb } from './ort-web.js';
import { SessionPool } from './session-pool.js';
import type { BatchSize } from './session-pool.js';
import { measureNetwork } from './warm-up.js';

/** Sessions kept at once on WebGPU: one for each level of a fill. */
const maxSessions = 3;

export interface WebRuntimeOptions {
  readonly manifestUrl: string;
  readonly ortBaseUrl: string;
  readonly backend: Backend | null;
  readonly onProgress: FetchProgress;
}

/** One level of one fill. */
export interface LevelSetup {
  readonly shape: ImageShape;
  readonly noise: NoiseSource;
  readonly pixels: KnownPixels | null;
  readonly guidance: Guidance;
}

function sizeOf(shape: ImageShape): BatchSize {
  return { N: shape[0], H: shape[2], W: shape[3] };
}

/** A loaded model on a chosen backend. */
export class WebRuntime {
  readonly card: ModelCard;
  readonly device: DeviceInfo;
  /** Settles with the reason once the GPU is gone; never on wasm. */
  readonly lost: Promise<RepaintError>;
  private readonly _networks: SessionPool<OrtNetwork>;
  private _isLost = false;

  private constructor(
    private readonly _ort: OrtWeb,
    private readonly _model: StoredModel,
  ) {
    this.card = _model.manifest.card;
    this.device = {
      backend: _ort.backend,
      description: _ort.description,
      fallbackReason: _ort.fallbackReason,
      storage: _model.storage,
    };
    this._networks = new SessionPool((size) => this._openNetwork(size), maxSessions);
    this.lost = this._watchDevice();
  }

  /** Throws: RepaintError modelFetch, modelHash, noWebGpu. */
  static async load(options: WebRuntimeOptions): Promise<WebRuntime> {
    const [ort, model] = await Promise.all([
      OrtWeb.start(options),
      openByteStore().then((store) => loadModel(options.manifestUrl, store, options.onProgress)),
    ]);
    return new WebRuntime(ort, model);
  }

  /**
   * Makes the first, slow calls at the model's native size.
   * Returns: median milliseconds of a call after that.
   */
  async warmUp(): Promise<number> {
    const { nativeSize, channels } = this.card.network;
    const shape: ImageShape = [1, channels, nativeSize, nativeSize];
    const network = await this._network(shape);
    return measureNetwork(network, shape, this.card.nullClassLabel);
  }

  /** Throws: RepaintError deviceLost, outOfMemory, modelShape. */
  async createState(setup: LevelSetup): Promise<SamplerState> {
    if (this._isLost) throw await this.lost;
    const network = await this._network(setup.shape);
    const guidance = setup.guidance ?? noGuidance;
    return new CpuSamplerState({ ...setup, guidance, network, device: this.device.description });
  }

  async release(): Promise<void> {
    await this._networks.releaseAll();
    this._ort.gpu?.device.destroy();
  }

  private _network(shape: ImageShape): Promise<OrtNetwork> {
    // WebAssembly plans its memory per call: one session serves every shape.
    return this._networks.acquire(this._ort.gpu ? sizeOf(shape) : { N: 0, H: 0, W: 0 });
  }

  private async _openNetwork(size: BatchSize): Promise<OrtNetwork> {
    const freeDimensions = this._ort.gpu ? { ...size } : null;
    const session = await this._ort.createSession(this._model.onnx, { freeDimensions });
    return new OrtNetwork(session, this._ort.queue);
  }

  private async _watchDevice(): Promise<RepaintError> {
    const info = await (this._ort.gpu?.device.lost ?? new Promise<never>(() => undefined));
    this._isLost = true;
    return new RepaintError('deviceLost', `The GPU was lost (${info.reason}): ${info.message}`);
  }
}
