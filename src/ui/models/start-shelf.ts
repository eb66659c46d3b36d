/** Starts the shelf's worker. The panel knows it as this URL and `ModelShelfApi`. */
import { HeldWorker } from '../host/held-worker.js';
import type { NetworkLink } from './network.js';
import { shelfPort, type ShelfPort } from './shelf-port.js';

/** It downloads by the network's worker alone, which asks only whom the user has named. */
export function startShelf(network: NetworkLink): ShelfPort {
  const worker = new HeldWorker(new URL('../../worker/model-shelf-worker.js', import.meta.url), {
    type: 'module',
    name: 'shelf',
  });
  const { port1, port2 } = new MessageChannel();
  network.connect(port1);
  worker.postMessage(port2, [port2]);
  return shelfPort(worker, network);
}
