/** The worker as the panel needs it: messages each way, and the news that it died. */
import type { FromWorker, ToWorker } from '../../protocol/worker-api.js';

export interface WorkerPort {
  post(message: ToWorker): void;
  /** Takes every message until `terminate`. */
  onMessage: (message: FromWorker) => void;
  /** The worker's script failed or could not be loaded. */
  onCrash: (reason: string) => void;
  terminate(): void;
}

/** Wraps a worker that has just been made. */
export function workerPort(worker: Worker): WorkerPort {
  const port: WorkerPort = {
    post: (message) => worker.postMessage(message),
    onMessage: () => undefined,
    onCrash: () => undefined,
    terminate: () => worker.terminate(),
  };
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => port.onMessage(data);
  worker.onerror = (event) => {
    event.preventDefault();
    port.onCrash(event.message || 'the worker could not be started');
  };
  worker.onmessageerror = () => port.onCrash('a message from the worker could not be read');
  return port;
}
