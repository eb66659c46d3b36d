/**
 * One task at a time. A wasm instance of ONNX Runtime must never see two overlapping calls, over
 * all of its sessions: an overlapping `run` hangs or corrupts it.
 */
export class SerialQueue {
  private _tail: Promise<unknown> = Promise.resolve();

  /** Runs the task after every earlier one has settled; an earlier failure does not matter. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this._tail.then(task, task);
    this._tail = result.catch(() => undefined);
    return result;
  }
}
