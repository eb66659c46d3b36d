/** A scriptable worker: records what it is sent, says what the test tells it to. */
import type { FillRequest } from '../../src/protocol/fill.js';
import { defaultModelId, type ModelCard } from '../../src/protocol/model-card.js';
import type { DeviceInfo, FromWorker, ToWorker } from '../../src/protocol/worker-api.js';
import type { WorkerPort } from '../../src/ui/fill/worker-port.js';

export const card: ModelCard = {
  id: defaultModelId,
  name: 'Test',
  checkpoint: { path: 'test.safetensors', sizeBytes: 1, sha256: 'a'.repeat(64) },
  network: {
    family: 'diffusers-unet2d',
    channels: 3,
    outChannels: 3,
    pixelUnshuffle: 2,
    sizeMultiple: 16,
    nativeSize: 64,
    isFixedSize: false,
    parameters: 1000,
  },
  diffusion: {
    betaSchedule: 'linear',
    betaStart: 0.0001,
    betaEnd: 0.02,
    numTrainTimesteps: 1000,
    predictionType: 'epsilon',
    varianceType: 'fixed_small',
    clipDenoised: true,
  },
  classes: [
    { label: 0, name: 'daisy' },
    { label: 1, name: 'fern' },
  ],
  nullClassLabel: 2,
  classifier: null,
  licence: 'Apache-2.0',
  summary: 'A card for tests.',
  trainingData: 'None.',
  bias: 'None.',
  limits: 'None.',
};

const gpu: DeviceInfo = {
  backend: 'webgpu',
  adapter: 'test adapter',
  sampler: 'gpu',
  isCaptured: true,
  fallbackReason: null,
  precision: 'float32',
  storage: 'opfs',
};

export class FakeWorker implements WorkerPort {
  readonly sent: ToWorker[] = [];
  isTerminated = false;
  onMessage: WorkerPort['onMessage'] = () => undefined;
  onCrash: WorkerPort['onCrash'] = () => undefined;

  post(message: ToWorker): void {
    this.sent.push(structuredClone(message));
  }

  terminate(): void {
    this.isTerminated = true;
  }

  say(message: FromWorker): void {
    this.onMessage(message);
  }

  ready(device: Partial<DeviceInfo> = {}, loaded: ModelCard = card): void {
    this.say({ kind: 'ready', card: loaded, device: { ...gpu, ...device }, msPerCall: 10 });
  }

  /** The requests it was sent, in order. */
  get requests(): FillRequest[] {
    return this.sent.flatMap((message) => (message.kind === 'fill' ? [message.request] : []));
  }

  progress(jobId: string, nfe: number, nfeTotal: number, batch = 1): void {
    const progress = { fill: 0, batch, fills: 1, level: 0, nfe, nfeTotal, msPerCall: 12.3 };
    this.say({ kind: 'progress', jobId, progress: { ...progress, remainingMs: 65_000 } });
  }
}

/** Hands out a fake worker for each start, kept in `workers`. */
export class FakeWorkers {
  readonly workers: FakeWorker[] = [];

  readonly start = (): FakeWorker => {
    const worker = new FakeWorker();
    this.workers.push(worker);
    return worker;
  };

  get last(): FakeWorker {
    return this.workers[this.workers.length - 1];
  }
}
