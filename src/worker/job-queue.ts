/** Jobs in order of arrival, one at a time; a job can be cancelled while it waits or runs. */

/** What the runner of a job may ask. */
export interface JobSignal {
  readonly isCancelled: boolean;
}

interface Job {
  readonly id: string;
  readonly run: (signal: JobSignal) => Promise<void>;
  readonly onDropped: () => void;
  isCancelled: boolean;
}

/** A queue of jobs. A job's own failure is its runner's business and does not stop the next. */
export class JobQueue {
  private readonly _waiting: Job[] = [];
  private _running: Job | null = null;
  private _drained: Promise<void> = Promise.resolve();

  /**
   * Adds a job; it starts when all earlier ones have ended.
   * Returns: how many jobs are before it. `onDropped` is called if it is cancelled before its start.
   */
  add(id: string, run: (signal: JobSignal) => Promise<void>, onDropped: () => void): number {
    const position = this._waiting.length + (this._running ? 1 : 0);
    this._waiting.push({ id, run, onDropped, isCancelled: false });
    if (!this._running) this._drained = this._drain();
    return position;
  }

  /** Cancels the job of that id: at its next chance if it runs, at once if it waits. */
  cancel(id: string): void {
    if (this._running?.id === id) this._running.isCancelled = true;
    const index = this._waiting.findIndex((job) => job.id === id);
    if (index >= 0) this._waiting.splice(index, 1)[0].onDropped();
  }

  /** True while a job runs or waits. */
  get isBusy(): boolean {
    return this._running !== null;
  }

  /** Settles when every job added so far has ended. */
  async idle(): Promise<void> {
    await this._drained;
  }

  private async _drain(): Promise<void> {
    for (let job = this._waiting.shift(); job; job = this._waiting.shift()) {
      this._running = job;
      await job.run(job).catch(() => undefined);
    }
    this._running = null;
  }
}
