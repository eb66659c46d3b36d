/** One window of the add-on fills at a time: all of them share one GPU. */
import type { ToWorker } from '../../protocol/worker-api.js';
import { Observed } from '../observed.js';

type FillMessage = Extract<ToWorker, { kind: 'fill' }>;
type CancelMessage = Extract<ToWorker, { kind: 'cancel' }>;

const lockName = 'repaint-fill turn';
const nothingToRelease = () => undefined;

/** Holds fills back until no other window fills. Without Web Locks nothing is held back. */
export class Turn extends Observed {
  private _heldBack: FillMessage[] = [];
  private _isAsking = false;
  private _release: (() => void) | null = null;

  /** `onDropped`: a fill was cancelled before the worker heard of it. */
  constructor(
    private readonly _post: (message: FillMessage | CancelMessage) => void,
    private readonly _onDropped: (jobId: string) => void,
  ) {
    super();
  }

  /** True while another window fills and this one waits for it. */
  get isWaiting(): boolean {
    return this._heldBack.length > 0;
  }

  post(message: FillMessage | CancelMessage): void {
    if (message.kind === 'cancel') return this._cancel(message);
    if (this._release) return this._post(message);
    this._heldBack.push(message);
    void this._ask();
  }

  /** The worker is replaced: whoever wants what was held back says so again. */
  forget(): void {
    this._heldBack = [];
  }

  /** Nothing runs or waits in this window. */
  end(): void {
    this._release?.();
    this._release = null;
  }

  private _cancel(message: CancelMessage): void {
    const { jobId } = message;
    const rest = this._heldBack.filter(({ request }) => request.jobId !== jobId);
    const wasHeldBack = rest.length < this._heldBack.length;
    this._heldBack = rest;
    if (wasHeldBack) this._onDropped(jobId);
    else this._post(message);
  }

  private async _ask(): Promise<void> {
    if (this._isAsking) return;
    this._isAsking = true;
    if ('locks' in navigator) {
      const turn = navigator.locks.request(lockName, () => this._hold());
      await turn.catch(() => this._start(nothingToRelease));
    } else this._start(nothingToRelease);
  }

  private _hold(): Promise<void> {
    return new Promise((release) => this._start(release));
  }

  private _start(release: () => void): void {
    this._isAsking = false;
    const heldBack = this._heldBack;
    this._heldBack = [];
    if (heldBack.length === 0) return release();
    this._release = release;
    for (const message of heldBack) this._post(message);
    this.changed();
  }
}
