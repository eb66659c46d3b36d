/** The shipped entry with ONNX Runtime's files taken from where Vite serves them. */
import { FillWorker } from '../../src/worker/fill-worker.js';
import type { FromWorker, ToWorker } from '../../src/protocol/worker-api.js';

const scope = self as unknown as {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};
const ortBaseUrl = new URL('/node_modules/onnxruntime-web/dist/', self.location.origin).href;
const worker = new FillWorker(
  (message, transfer = []) => scope.postMessage(message, transfer),
  ortBaseUrl,
);

scope.onmessage = ({ data }) => worker.receive(data);
