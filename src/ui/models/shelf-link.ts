/** The shelf worker's life: started on first use, and anew on the use after it has died. */
import type { ModelShelfApi, Outcome } from '../../protocol/model-shelf-api.js';
import { ProblemError } from '../problem.js';
import type { ShelfPort } from './shelf-port.js';

export class ShelfLink {
  private _port: ShelfPort | null = null;
  /** Reject the calls that get no answer any more. */
  private readonly _waiting = new Set<(error: ProblemError) => void>();

  constructor(private readonly _startWorker: () => ShelfPort) {}

  /**
   * Asks the shelf. Returns: the outcome's value.
   * Throws: ProblemError with the outcome's code, or `shelfCrashed` when the worker dies meanwhile.
   */
  async call<T>(ask: (api: ModelShelfApi) => Promise<Outcome<T>>): Promise<T> {
    const outcome = await this._answer(ask);
    if (outcome.isOk) return outcome.value;
    throw new ProblemError(outcome.code, outcome.message);
  }

  /** Stops what is being added, if the worker is there to hear it. */
  cancel(): void {
    this._port?.api.cancel().catch(() => undefined);
  }

  /** Ends a worker that does not answer; its calls fail with the problem. */
  giveUp(problem: ProblemError): void {
    this._port?.terminate();
    this._port = null;
    for (const reject of this._waiting) reject(problem);
    this._waiting.clear();
  }

  private _answer<T>(ask: (api: ModelShelfApi) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    return new Promise((resolve, reject) => {
      this._waiting.add(reject);
      Promise.resolve()
        .then(() => ask(this._api()))
        .then(resolve, (error: unknown) =>
          reject(
            error instanceof ProblemError ? error : new ProblemError('shelfFailed', String(error)),
          ),
        )
        .finally(() => this._waiting.delete(reject));
    });
  }

  private _api(): ModelShelfApi {
    if (this._port) return this._port.api;
    let port: ShelfPort;
    try {
      port = this._startWorker();
    } catch (error) {
      throw new ProblemError('shelfCrashed', String(error));
    }
    port.onCrash = (reason) => {
      if (port === this._port) this.giveUp(new ProblemError('shelfCrashed', reason));
    };
    this._port = port;
    return port.api;
  }
}
