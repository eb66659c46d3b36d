/** What is done while nobody waits, and ends as soon as somebody does. */
import type { IdleTime } from '../engine/batch-chooser.js';

/** One task at a time; a later one takes the place of the one before. */
export class Preparation {
  private _idle = { isOver: true };
  private _tail: Promise<void> = Promise.resolve();

  /** Starts a task once the one before has stopped. Its failure is nobody's: what needs it fails. */
  start(task: (idle: IdleTime) => Promise<void>): void {
    this._idle.isOver = true;
    const idle = (this._idle = { isOver: false });
    this._tail = this._tail
      .then(() => (idle.isOver ? undefined : task(idle)))
      .catch(() => undefined);
  }

  /** Tells the task that its time is over, and settles when it has stopped. */
  async stop(): Promise<void> {
    this._idle.isOver = true;
    await this._tail;
  }
}
