/** The shelf's worker as the panel needs it: its calls, and the news that it died. */
import { proxy, wrap, type Endpoint } from 'comlink';
import type { ModelShelfApi } from '../../protocol/model-shelf-api.js';

export interface ShelfPort {
  readonly api: ModelShelfApi;
  /** The worker's script failed or could not be loaded; calls under way get no answer. */
  onCrash: (reason: string) => void;
  terminate(): void;
}

/** Calls over a message port; the progress callback travels as a proxy. */
export function shelfApi(endpoint: Endpoint): ModelShelfApi {
  const remote = wrap<ModelShelfApi>(endpoint);
  return {
    read: () => remote.read(),
    look: (origin) => remote.look(origin),
    add: (origin, options, onProgress) => remote.add(origin, options, proxy(onProgress)),
    cancel: () => remote.cancel(),
    remove: (id) => remote.remove(id),
  };
}

/** Wraps a worker that has just been made. */
export function shelfPort(worker: Worker): ShelfPort {
  const port: ShelfPort = {
    api: shelfApi(worker),
    onCrash: () => undefined,
    terminate: () => worker.terminate(),
  };
  worker.onerror = (event) => {
    event.preventDefault();
    port.onCrash(event.message || 'the worker could not be started');
  };
  worker.onmessageerror = () => port.onCrash('a message from the worker could not be read');
  return port;
}
