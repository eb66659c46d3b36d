/** Starts the worker. The panel knows it as this URL and the types in `protocol/worker-api.ts`. */
import { workerPort, type WorkerPort } from './worker-port.js';

export function startWorker(): WorkerPort {
  return workerPort(
    new Worker(new URL('../../worker/index.js', import.meta.url), { type: 'module' }),
  );
}
