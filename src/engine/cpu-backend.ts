/** Sampler states on the CPU around a session: WebAssembly, or a GPU that failed its self-check. */
import { CpuSamplerState, type ClassifierGuidance } from '../core/cpu-state.js';
import type { ImageShape } from '../core/network.js';
import type { SamplerState } from '../core/sampler-state.js';
import { RepaintError } from '../protocol/failure.js';
import type { BatchQuestion } from '../protocol/fill.js';
import { BatchChooser, type IdleTime } from './batch-chooser.js';
import { batchShape, CpuTrials, idleCall } from './cpu-trials.js';
import type { StateSetup } from './state-setup.js';
import type { OnnxModel } from './onnx-model.js';
import { OrtClassifier } from './ort-classifier.js';
import { OrtNetwork } from './ort-network.js';
import type { OrtWeb } from './ort-web.js';
import { SessionPool, sizeOf, type BatchSize } from './session-pool.js';
import type { StateBackend } from './state-backend.js';
import { measureCalls } from './warm-up.js';

/** One session for each level of a fill. */
const maxSessions = 3;
/** WebAssembly plans its memory per call: one session serves every shape. */
const anySize: BatchSize = { N: 0, H: 0, W: 0 };

export interface CpuModel {
  readonly onnx: OnnxModel;
  readonly nullClassLabel: number | null;
  /** Steers towards a class; null without one. */
  readonly classifier: OnnxModel | null;
}

/** Copies x_t in and the output out at every call. */
export class CpuBackend implements StateBackend {
  readonly precision = 'float32';
  readonly sampler = 'cpu';
  readonly isCaptured = false;
  private readonly _networks: SessionPool<OrtNetwork>;
  private readonly _classifiers: SessionPool<OrtClassifier>;
  private readonly _chooser: BatchChooser;
  private _msPerPixel: number | null = null;

  constructor(
    private readonly _ort: OrtWeb,
    private readonly _model: CpuModel,
  ) {
    this._networks = new SessionPool((size) => this._open(size), maxSessions);
    this._classifiers = new SessionPool((size) => this._openClassifier(size), 1);
    this._chooser = new BatchChooser(
      new CpuTrials({
        nullClassLabel: _model.nullClassLabel,
        msPerPixel: () => this._msPerPixel,
        network: (shape) => this._network(shape),
        // The one session that serves every shape is kept.
        release: async (shape) =>
          this._ort.gpu ? this._networks.release(sizeOf(shape)) : undefined,
      }),
    );
  }

  async createState(setup: StateSetup): Promise<SamplerState> {
    const network = await this._network(setup.shape);
    const classifier = await this._steering(setup);
    const device = this._ort.gpu?.description ?? 'WebAssembly';
    return new CpuSamplerState({ ...setup, network, classifier, device });
  }

  async warmUp(shape: ImageShape): Promise<number> {
    const network = await this._network(shape);
    const call = idleCall(shape, this._model.nullClassLabel);
    const ms = await measureCalls(() => network.predict(call));
    this._msPerPixel = ms / (shape[0] * shape[2] * shape[3]);
    return ms;
  }

  /** What a classifier takes is not measured: one at a time. */
  async chooseBatch(question: BatchQuestion): Promise<number> {
    return this._model.classifier ? 1 : this._chooser.choose(question);
  }

  rejectBatch(question: BatchQuestion, images: number): Promise<void> {
    return this._chooser.reject(question, images);
  }

  async prepare(question: BatchQuestion, idle: IdleTime): Promise<void> {
    const images = this._model.classifier ? 1 : await this._chooser.choose(question, idle);
    if (!idle.isOver) await this._network(batchShape(question, images));
  }

  async release(): Promise<void> {
    await this._networks.releaseAll();
    await this._classifiers.releaseAll();
  }

  private async _steering(setup: StateSetup): Promise<ClassifierGuidance | null> {
    const { classLabels } = setup.guidance;
    const scale = setup.classifierScale;
    if (!this._model.classifier || classLabels === null || scale === 0) return null;
    const model = await this._classifiers.acquire(this._sizeOf(setup.shape));
    return { model, scale, classLabels };
  }

  private _sizeOf(shape: ImageShape): BatchSize {
    return this._ort.gpu ? sizeOf(shape) : anySize;
  }

  private _network(shape: ImageShape): Promise<OrtNetwork> {
    return this._networks.acquire(this._sizeOf(shape));
  }

  private async _open(size: BatchSize): Promise<OrtNetwork> {
    return new OrtNetwork(await this._session(this._model.onnx, size), this._ort.queue);
  }

  /** Throws: RepaintError modelShape when the model has no classifier. */
  private async _openClassifier(size: BatchSize): Promise<OrtClassifier> {
    const { classifier } = this._model;
    if (!classifier) throw new RepaintError('modelShape', 'This model has no classifier.');
    return new OrtClassifier(await this._session(classifier, size), this._ort.queue);
  }

  private _session(onnx: OnnxModel, size: BatchSize) {
    const freeDimensions = size === anySize ? null : { ...size };
    return this._ort.createSession(onnx, { freeDimensions });
  }
}
