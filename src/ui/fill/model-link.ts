/** The worker's life: its model loads and warms up once one is to fill; a dead one is started anew. */
import type { ModelCard } from '../../protocol/model-card.js';
import type { DeviceInfo, FromWorker, ToWorker } from '../../protocol/worker-api.js';
import { Observed } from '../observed.js';
import type { Problem } from '../problem.js';
import type { WorkerPort } from './worker-port.js';

export interface ReadyModel {
  readonly card: ModelCard;
  readonly device: DeviceInfo;
  /** At the model's native size. */
  readonly msPerCall: number;
}

export type ModelState =
  /** The photo alone fills: the worker runs, and nothing holds it up. */
  | { readonly kind: 'unloaded' }
  | { readonly kind: 'loading'; readonly loadedBytes: number; readonly totalBytes: number }
  | ({ readonly kind: 'ready' } & ReadyModel)
  | { readonly kind: 'failed'; readonly problem: Problem };

/** Which model, and where it runs. */
export type LoadRequest = Omit<Extract<ToWorker, { kind: 'load' }>, 'kind'>;

/** About a job, or that loading failed. */
export type JobMessage = Exclude<FromWorker, { kind: 'loading' | 'ready' }>;

/** Connects the panel to one worker at a time; messages of a replaced worker are not heard. */
export class ModelLink extends Observed {
  state: ModelState = { kind: 'unloaded' };
  /** Messages about jobs. */
  onJobMessage: (message: JobMessage) => void = () => undefined;
  /** The worker is gone with whatever it was doing; another may have been started. */
  onLost: (problem: Problem, isReplaced: boolean) => void = () => undefined;
  private _port: WorkerPort | null = null;
  private _request: LoadRequest | null = null;
  private _hasWorked = false;

  constructor(private readonly _startWorker: () => WorkerPort) {
    super();
  }

  /** Starts a worker in place of the one that runs, if any; its model at once, or by `load`. */
  start(request: LoadRequest, loads = true): void {
    this._port?.terminate();
    this._request = request;
    this._hasWorked = false;
    this._become({ kind: 'unloaded' });
    try {
      this._port = this._startWorker();
    } catch (error) {
      this._port = null;
      return this._become({
        kind: 'failed',
        problem: { code: 'workerCrashed', detail: String(error) },
      });
    }
    this._listen(this._port);
    if (loads) this.load();
  }

  /** Loads the model where that has not begun. */
  load(): void {
    if (this.state.kind !== 'unloaded' || !this._request) return;
    this._become({ kind: 'loading', loadedBytes: 0, totalBytes: 0 });
    this._port?.post({ kind: 'load', ...this._request });
  }

  /** True while the worker does nothing but fill: it answers at once. */
  get isIdle(): boolean {
    return this.state.kind === 'ready' || this.state.kind === 'unloaded';
  }

  /** A fill is told where it may compute; after a loss or a hang the photo's levels leave the GPU. */
  post(message: Extract<ToWorker, { kind: 'prepare' | 'fill' | 'cancel' }>): void {
    const { backend = null, isAfterLoss = false } = this._request ?? {};
    const isFill = message.kind === 'fill';
    this._port?.post(isFill ? { ...message, backend: isAfterLoss ? 'wasm' : backend } : message);
  }

  /** Corrects what one call takes by what a whole fill took. */
  paceMeasured(msPerCall: number): void {
    if (this.state.kind === 'ready') this._become({ ...this.state, msPerCall });
  }

  /** Ends whatever runs and starts afresh, more carefully. */
  restart(problem: Problem): void {
    const loads = this.state.kind !== 'unloaded';
    if (this._request) this.start({ ...this._request, isAfterLoss: true }, loads);
    this.onLost(problem, true);
  }

  private _listen(port: WorkerPort): void {
    port.onMessage = (message) => {
      if (port === this._port) this._receive(message);
    };
    port.onCrash = (reason) => {
      if (port === this._port) this._crashed({ code: 'workerCrashed', detail: reason });
    };
  }

  private _receive(message: FromWorker): void {
    this._hasWorked ||= message.kind === 'ready' || message.kind === 'progress';
    switch (message.kind) {
      case 'loading':
        return this._become(message);
      case 'ready':
        return this._become(message);
      case 'failed':
        if (message.jobId !== null) return this.onJobMessage(message);
        return this._failed({ code: message.code, detail: message.message });
      default:
        return this.onJobMessage(message);
    }
  }

  /** Without its model the worker still fills from the photo. */
  private _failed(problem: Problem): void {
    if (this.state.kind === 'ready') return this.restart(problem);
    this._become({ kind: 'failed', problem });
  }

  /** A worker that has worked is worth another start; one that never loaded would fail again. */
  private _crashed(problem: Problem): void {
    if (this._hasWorked) return this.restart(problem);
    this._port?.terminate();
    this._port = null;
    this._become({ kind: 'failed', problem });
    this.onLost(problem, false);
  }

  private _become(state: ModelState): void {
    this.state = state;
    this.changed();
  }
}
