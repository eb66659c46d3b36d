/** The shipped entry with ONNX Runtime's files taken from where Vite serves them. */
import { FillWorker } from '../../src/worker/fill-worker.js';
import type { FromWorker, ToWorker } from '../../src/protocol/worker-api.js';

const scope = self as unknown as {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: (event: MessageEvent<ToWorker | 'loseDevice'>) => void;
};
const ortBaseUrl = new URL('/node_modules/onnxruntime-web/dist/', self.location.origin).href;
const worker = new FillWorker(
  (message, transfer = []) => scope.postMessage(message, transfer),
  ortBaseUrl,
);

/** A test may take the GPU away, as a driver reset would. */
const devices: GPUDevice[] = [];
if ('GPUAdapter' in globalThis) {
  const requestDevice = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    devices.push(device);
    return device;
  };
}

scope.onmessage = ({ data }) => {
  if (data === 'loseDevice') devices.forEach((device) => device.destroy());
  else worker.receive(data);
};
