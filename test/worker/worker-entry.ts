/** The shipped entry with ONNX Runtime's files taken from where Vite serves them. */
import { FillWorker } from '../../src/worker/fill-worker.js';
import type { FromWorker, ToWorker } from '../../src/protocol/worker-api.js';

/**
 * `loseDevice` takes the GPU away, as a driver reset would. `hurry` lets the worker's clock run a
 * million times as fast: what is due every few seconds comes with every call, be it of 0.1 ms.
 */
export type TestCommand = 'loseDevice' | 'hurry';

const scope = self as unknown as {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: (event: MessageEvent<ToWorker | TestCommand>) => void;
};
const ortBaseUrl = new URL('/node_modules/onnxruntime-web/dist/', self.location.origin).href;
const worker = new FillWorker(
  (message, transfer = []) => scope.postMessage(message, transfer),
  ortBaseUrl,
);

const devices: GPUDevice[] = [];
if ('GPUAdapter' in globalThis) {
  const requestDevice = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    devices.push(device);
    return device;
  };
}

function hurry(): void {
  const now = performance.now.bind(performance);
  performance.now = () => 1e6 * now();
}

function loseDevice(): void {
  const message = 'there is no GPU to lose';
  if (devices.length === 0)
    scope.postMessage({ kind: 'failed', jobId: null, code: 'internal', message }, []);
  devices.forEach((device) => device.destroy());
}

scope.onmessage = ({ data }) => {
  if (data === 'loseDevice') loseDevice();
  else if (data === 'hurry') hurry();
  else worker.receive(data);
};
