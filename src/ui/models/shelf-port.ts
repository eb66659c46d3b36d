/** The shelf's worker as the panel needs it: its calls, and the news that it died. */
import { transfer, wrap, type Endpoint } from 'comlink';
import type {
  AddModelProgress,
  ModelOrigin,
  ModelShelfApi,
  OfferedShelf,
} from '../../protocol/model-shelf-api.js';
import type { NetworkLink } from './network.js';

export interface ShelfPort {
  readonly api: ModelShelfApi;
  /** The worker's script failed or could not be loaded; calls under way get no answer. */
  onCrash: (reason: string) => void;
  terminate(): void;
}

/**
 * Calls over a message port. `allow` is waited for before a model is asked for.
 */
export function shelfApi(
  endpoint: Endpoint,
  allow: (origin: ModelOrigin) => Promise<void> = async () => undefined,
): ModelShelfApi {
  const remote = wrap<OfferedShelf>(endpoint);
  return {
    read: () => remote.read(),
    look: async (origin) => {
      await allow(origin);
      return remote.look(origin);
    },
    add: async (origin, options, onProgress) => {
      await allow(origin);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<AddModelProgress>) => onProgress(data);
      return remote.add(origin, options, transfer(port2, [port2])).finally(() => port1.close());
    },
    cancel: () => remote.cancel(),
    remove: (id) => remote.remove(id),
  };
}

/** Wraps a worker that has just been made and downloads by `network`. */
export function shelfPort(worker: Worker, network: NetworkLink): ShelfPort {
  const port: ShelfPort = {
    api: shelfApi(worker, (origin) => network.allow(origin)),
    onCrash: () => undefined,
    terminate: () => {
      worker.terminate();
      network.hangUp();
    },
  };
  worker.onerror = (event) => {
    event.preventDefault();
    port.onCrash(event.message || 'the worker could not be started');
  };
  worker.onmessageerror = () => port.onCrash('a message from the worker could not be read');
  return port;
}
