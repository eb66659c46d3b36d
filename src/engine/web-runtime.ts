/**
 * The machine behind a fill in the browser: the model, ONNX Runtime and a sampler state for each
 * level. One per worker; after a device loss the worker is replaced, and this with it.
 */
import type { ImageShape } from '../core/network.js';
import type { SamplerState } from '../core/sampler-state.js';
import type { RepaintError } from '../protocol/failure.js';
import type { BatchQuestion } from '../protocol/fill.js';
import type { ModelCard } from '../protocol/model-card.js';
import type { Backend } from '../protocol/compute-device.js';
import type { DeviceInfo } from '../protocol/worker-api.js';
import type { IdleTime } from './batch-chooser.js';
import { chooseBackend, watchDevice, type BackendWishes } from './choose-backend.js';
import type { StateSetup } from './state-setup.js';
import type { StoredModel } from './onnx-model.js';
import { OrtWeb } from './ort-web.js';
import type { StateBackend } from './state-backend.js';

export interface WebRuntimeOptions extends BackendWishes {
  /** Gets the model's files; ONNX Runtime starts meanwhile. */
  readonly model: () => Promise<StoredModel>;
  /** Absolute URL of the folder with ONNX Runtime's files, ending in '/'. */
  readonly ortBaseUrl: string;
  /** null = choose. */
  readonly backend: Backend | null;
  /** False where the GPU has been lost before: one image at a time asks least of it. */
  readonly triesBatches?: boolean;
}

/** A loaded, warmed-up model on a chosen backend. */
export class WebRuntime {
  readonly card: ModelCard;
  readonly device: DeviceInfo;
  /** Settles with the reason once the GPU is gone; never on wasm. */
  readonly lost: Promise<RepaintError>;

  private constructor(
    private readonly _ort: OrtWeb,
    private readonly _states: StateBackend,
    model: StoredModel,
    /** Median of calls at the model's native size. */
    readonly msPerCall: number,
    private readonly _triesBatches: boolean,
  ) {
    this.card = model.manifest.card;
    this.device = {
      backend: _ort.backend,
      adapter: _ort.gpu?.description ?? '',
      precision: _states.precision,
      sampler: _states.sampler,
      isCaptured: _states.isCaptured,
      fallbackReason: _ort.fallbackReason,
      storage: model.storage,
    };
    this.lost = watchDevice(_ort);
  }

  /**
   * Starts, checks and warms up. A WebGPU that was not asked for and fails gives way to wasm.
   * Throws: RepaintError modelShape, noWebGpu, outOfMemory; what `model` throws.
   */
  static async load(options: WebRuntimeOptions): Promise<WebRuntime> {
    const [ort, model] = await Promise.all([OrtWeb.start(options), options.model()]);
    if (!ort.gpu || options.backend === 'webgpu') return WebRuntime._open(ort, model, options);
    return WebRuntime._open(ort, model, options).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      const withoutGpu = ort.withoutGpu(`WebGPU does not work here: ${reason}`);
      return WebRuntime._open(withoutGpu, model, options);
    });
  }

  private static async _open(
    ort: OrtWeb,
    model: StoredModel,
    options: WebRuntimeOptions,
  ): Promise<WebRuntime> {
    const { nativeSize, channels } = model.manifest.card.network;
    const shape: ImageShape = [1, channels, nativeSize, nativeSize];
    const states = await chooseBackend(ort, model, shape, options);
    const msPerCall = await states.warmUp(shape);
    return new WebRuntime(ort, states, model, msPerCall, options.triesBatches ?? true);
  }

  /** As many as memory allows and speed repays. Never throws. */
  chooseBatch(question: BatchQuestion): Promise<number> {
    return this._triesBatches ? this._states.chooseBatch(question) : Promise.resolve(1);
  }

  rejectBatch(question: BatchQuestion, images: number): Promise<void> {
    return this._states.rejectBatch(question, images);
  }

  /** Loads and measures what a fill will use. Throws: RepaintError; the fill itself would too. */
  prepare(question: BatchQuestion, idle: IdleTime): Promise<void> {
    const fills = this._triesBatches ? question.fills : 1;
    return this._states.prepare({ ...question, fills }, idle);
  }

  /** Throws: RepaintError deviceLost, outOfMemory, modelShape. */
  createState(setup: StateSetup): Promise<SamplerState> {
    return this._states.createState(setup);
  }

  async release(): Promise<void> {
    await this._states.release();
    this._ort.gpu?.device.destroy();
  }
}
