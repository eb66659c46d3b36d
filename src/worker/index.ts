/** Worker entry: connects the conversation to the worker's own message port. */
import type { ToWorker } from '../protocol/worker-api.js';
import { FillWorker } from './fill-worker.js';

declare const self: DedicatedWorkerGlobalScope;

/** ONNX Runtime's files lie in `ort/` beside the worker's script. */
/** Where this script lies, which began as a blob; webpack knows. */
declare const __webpack_public_path__: string;
const ortBaseUrl = new URL('./ort/', __webpack_public_path__).href;

const worker = new FillWorker(
  (message, transfer = []) => self.postMessage(message, transfer),
  ortBaseUrl,
);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => worker.receive(data);
