/** The panel's end of the worker that may connect to others; the page itself gives that up. */
import { transfer, wrap, type Remote } from 'comlink';
import { hubHosts, type RemoteOrigin } from '../../protocol/hub-address.js';
import {
  networkPatienceMs,
  type ModelOrigin,
  type NetworkApi,
} from '../../protocol/model-shelf-api.js';
import { HeldWorker } from '../host/held-worker.js';
import { ProblemError } from '../problem.js';

function hostsOf(origin: RemoteOrigin): readonly string[] {
  return origin.kind === 'hub' ? hubHosts : [...hubHosts, new URL(origin.url).origin];
}

export class NetworkLink {
  private readonly _remote: Remote<NetworkApi>;

  constructor(
    private readonly _worker: Worker,
    private readonly _patienceMs = networkPatienceMs,
  ) {
    this._remote = wrap<NetworkApi>(_worker);
  }

  /** Resolves once the worker runs, or will not: from then on the page may be narrowed. */
  async settled(): Promise<void> {
    const refused = new Promise<void>((resolve) => {
      this._worker.addEventListener('error', (event) => {
        event.preventDefault();
        resolve();
      });
    });
    await Promise.race([refused, this._answer(this._remote.allow([])).catch(() => undefined)]);
  }

  /** Answers on `port` from now on, and nobody who asked before. */
  connect(port: MessagePort): void {
    void this._remote.connect(transfer(port, [port]));
  }

  /** Ends all that is asked for; whoever asked is gone. */
  hangUp(): void {
    void this._remote.hangUp();
  }

  /** Lets a model be asked for where the user said it is. Throws: ProblemError networkGone. */
  async allow(origin: ModelOrigin): Promise<void> {
    if (origin.kind !== 'files') await this._answer(this._remote.allow(hostsOf(origin)));
    // Files need nobody.
    else void this._remote.allow([]);
  }

  private _answer(asked: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new ProblemError('networkGone')), this._patienceMs);
      void asked.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

/**
 * Starts the network's worker while the page's policy still lets workers connect, then takes that
 * from the page and all workers started later. Policies only add up: nothing gives it back.
 */
export function startNetwork(): {
  readonly network: NetworkLink;
  readonly isNarrow: Promise<void>;
} {
  const network = new NetworkLink(
    new HeldWorker(new URL('../../worker/network-worker.js', import.meta.url), {
      type: 'module',
      name: 'network',
    }),
  );
  return { network, isNarrow: network.settled().then(narrowPage) };
}

function narrowPage(): void {
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = "connect-src 'self'";
  document.head.append(policy);
}
