/** A scriptable shelf of models behind a real message port: each answer is the test's. */
import { expose } from 'comlink';
import type { FailureCode } from '../../src/protocol/failure.js';
import type {
  AddModelOptions,
  AddModelProgress,
  ModelLook,
  ModelOrigin,
  ModelShelfApi,
  Outcome,
  Shelf,
  ShelfModel,
} from '../../src/protocol/model-shelf-api.js';
import { offered } from '../../src/shelf/offered.js';
import { shelfApi, type ShelfPort } from '../../src/ui/models/shelf-port.js';
import { card } from './fake-worker.js';

const sha256 = 'b'.repeat(64);

export function shelfModel(id: string, name: string): ShelfModel {
  const onnx = { path: 'model.onnx', sizeBytes: 52_000_000, sha256 };
  const manifest = {
    card: { ...card, id, name, classes: [] },
    onnx,
    externalData: [],
    classifier: null,
  };
  return {
    manifest,
    source: { kind: 'stored', id },
    sizeBytes: onnx.sizeBytes,
    addedAt: '2026-11-23T12:00:00.000Z',
    speed: {
      msPerCall: 41.2,
      device: { backend: 'webgpu', adapter: 'test card', precision: 'float32' },
    },
  };
}

export const look: ModelLook = {
  id: 'church-256',
  words: {
    name: 'Church 256',
    licence: 'Apache-2.0',
    trainingData: 'LSUN churches.',
    bias: 'Western churches.',
  },
  weights: 'diffusion_pytorch_model.safetensors',
  totalBytes: 454_000_000,
  nativeSize: 256,
  classCount: 0,
  findings: {
    network: 'UNet2DModel (diffusers)',
    weights: [{ path: '', isEma: false }],
    config: { kind: 'file', name: 'config.json' },
    schedule: { kind: 'file', name: 'scheduler_config.json' },
    left: [],
  },
  questions: [],
};

/** An answer given later. */
interface Pending<T> {
  readonly answer: (outcome: Outcome<T>) => void;
}

interface PendingAdd extends Pending<ShelfModel> {
  readonly origin: ModelOrigin;
  readonly options: AddModelOptions;
  readonly progress: (progress: AddModelProgress) => void;
}

function ok<T>(value: T): Outcome<T> {
  return { isOk: true, value };
}

export function failure(code: FailureCode, message = 'what happened'): Outcome<never> {
  return { isOk: false, code, message };
}

/** What is on the shelf outlives its workers, as storage does. */
export class FakeShelf {
  state: Shelf = {
    storage: 'opfs',
    models: [],
    unfinished: [],
    damaged: [],
    usage: { usedBytes: 26_000_000, quotaBytes: 4_026_000_000 },
  };
  /** Answers to `look`, first to last; the last one stays. */
  looks: Outcome<ModelLook>[] = [ok(look)];
  readonly lookedAt: ModelOrigin[] = [];
  readonly adds: PendingAdd[] = [];
  readonly ports: ShelfPort[] = [];
  cancels = 0;
  /** False: an add goes on although it was cancelled. */
  isHeeded = true;

  readonly start = (): ShelfPort => {
    const { port1, port2 } = new MessageChannel();
    expose(offered(this._api()), port1);
    const port: ShelfPort = {
      api: shelfApi(port2),
      onCrash: () => undefined,
      terminate: () => [port1, port2].forEach((end) => end.close()),
    };
    this.ports.push(port);
    return port;
  };

  get lastAdd(): PendingAdd {
    return this.adds[this.adds.length - 1];
  }

  /** The add under way succeeds. */
  finish(): void {
    const { id, words } = this.lastAdd.options;
    const model = shelfModel(id, words.name);
    this.state = { ...this.state, models: [...this.state.models, model] };
    this.lastAdd.answer(ok(model));
  }

  private _api(): ModelShelfApi {
    return {
      read: async () => ok(this.state),
      look: async (origin) => {
        this.lookedAt.push(origin);
        return this.looks.length > 1 ? this.looks.shift()! : this.looks[0];
      },
      add: (origin, options, progress) =>
        new Promise((answer) => this.adds.push({ origin, options, progress, answer })),
      cancel: async () => {
        this.cancels++;
        if (this.isHeeded) this.lastAdd.answer(failure('cancelled'));
      },
      remove: async (id) => {
        const models = this.state.models.filter(({ manifest }) => manifest.card.id !== id);
        const unfinished = this.state.unfinished.filter((download) => download.id !== id);
        const damaged = this.state.damaged.filter((one) => one !== id);
        this.state = { ...this.state, models, unfinished, damaged };
        return ok(null);
      },
    };
  }
}
