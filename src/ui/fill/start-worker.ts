/**
 * Starts the worker. The panel knows it as this URL and the types in `protocol/worker-api.ts`. It
 * alone sees the user's photos, and strangers' models run in it: it may connect to nobody.
 */
import { HeldWorker } from '../host/held-worker.js';
import { workerPort, type WorkerPort } from './worker-port.js';

export function startWorker(): WorkerPort {
  return workerPort(
    new HeldWorker(new URL('../../worker/index.js', import.meta.url), {
      type: 'module',
      name: 'fill',
    }),
  );
}
