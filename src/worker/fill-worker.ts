/** The worker's conversation with the panel: load once, then fills one after another. */
import { NonFiniteOutputError } from '../core/non-finite.js';
import { WebRuntime } from '../engine/web-runtime.js';
import { toEngineError } from '../engine/engine-error.js';
import { batchQuestions } from '../fill/batches.js';
import { runFill } from '../fill/run.js';
import { photoRuntime, withKernels, type FillRuntime } from '../fill/runtime.js';
import { RepaintError } from '../protocol/failure.js';
import type { FillRequest, FillSnapshot } from '../protocol/fill.js';
import type { ModelCard } from '../protocol/model-card.js';
import type { ToWorker } from '../protocol/worker-api.js';
import { openFileStore } from '../shelf/store/file-store.js';
import { loadModel } from '../shelf/store/load-model.js';
import { runFillJob, type Post } from './fill-job.js';
import { JobQueue, type JobSignal } from './job-queue.js';
import { PhotoGpu } from './photo-gpu.js';
import { toHalf } from './to-half.js';
import { Preparation } from './preparation.js';

type LoadMessage = Extract<ToWorker, { kind: 'load' }>;
type FillMessage = Extract<ToWorker, { kind: 'fill' }>;
type PrepareMessage = Extract<ToWorker, { kind: 'prepare' }>;

/** Least time between two `loading` messages. */
const progressEveryMs = 100;
/** How long after a failed call the loss of the GPU may be told. */
const lossGraceMs = 500;

function toFailure(error: unknown): RepaintError {
  if (error instanceof NonFiniteOutputError) {
    return new RepaintError('nonFinite', error.message, { cause: error });
  }
  const failure = toEngineError(error, 'The fill stopped');
  if (!(error instanceof RangeError) || failure.code !== 'internal') return failure;
  return new RepaintError('badRequest', error.message, { cause: error });
}

/** A fill on its machine. */
interface Run {
  readonly message: FillMessage;
  readonly runtime: FillRuntime;
  readonly from: FillSnapshot | null;
  readonly signal: JobSignal;
  readonly post: Post;
}

/** Answers the panel's messages through `post`. */
export class FillWorker {
  private readonly _queue = new JobQueue();
  private readonly _preparation = new Preparation();
  private readonly _photoGpu = new PhotoGpu();
  private _runtime: Promise<WebRuntime> | null = null;
  private _isAfterLoss = false;
  private _isSpent = false;

  /** `ortBaseUrl`: absolute URL of the folder with ONNX Runtime's files, ending in '/'. */
  constructor(
    private readonly _post: Post,
    private readonly _ortBaseUrl: string,
  ) {}

  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'load':
        return this._load(message);
      case 'prepare':
        return this._prepare(message);
      case 'fill':
        return this._enqueue(message);
      case 'cancel':
        return this._queue.cancel(message.jobId);
      default:
        message satisfies never;
    }
  }

  private _load(message: LoadMessage): void {
    this._isAfterLoss = message.isAfterLoss ?? false;
    this._runtime = this._start(message);
    this._runtime.catch((error: unknown) => this._fail(null, error));
  }

  private async _start({ model, backend, precision = null }: LoadMessage): Promise<WebRuntime> {
    const runtime = await WebRuntime.load({
      model: async () => loadModel(model, await openFileStore(), this._loadProgress()),
      backend,
      precision,
      toHalf,
      triesBatches: !this._isAfterLoss,
      ortBaseUrl: this._ortBaseUrl,
    });
    void runtime.lost.then((error) => this._failAfterJobs(error));
    const { card, device, msPerCall } = runtime;
    this._post({ kind: 'ready', card, device, msPerCall });
    return runtime;
  }

  private _loadProgress(): (loadedBytes: number, totalBytes: number) => void {
    let lastAt = -Infinity;
    return (loadedBytes, totalBytes) => {
      const at = performance.now();
      if (at - lastAt < progressEveryMs && loadedBytes < totalBytes) return;
      lastAt = at;
      this._post({ kind: 'loading', loadedBytes, totalBytes });
    };
  }

  /** While jobs wait there is no idle time; the panel says again what comes next. */
  private _prepare({ plan, settings, fills }: PrepareMessage): void {
    if (this._queue.isBusy || !needsModel({ plan })) return;
    this._preparation.start(async (idle) => {
      const runtime = await this._loaded();
      for (const question of batchQuestions(plan, settings, fills, runtime.card)) {
        if (question && !idle.isOver) await runtime.prepare(question, idle);
      }
    });
  }

  private _enqueue(message: FillMessage): void {
    const { jobId } = message.request;
    void this._preparation.stop();
    const position = this._queue.add(
      jobId,
      (signal) => this._fill(message, signal),
      () => this._post({ kind: 'done', jobId, outcome: 'cancelled' }),
    );
    if (position > 0) this._post({ kind: 'queued', jobId, position });
  }

  private async _fill(message: FillMessage, signal: JobSignal): Promise<void> {
    const { request, resume = null } = message;
    let isOver = false;
    // After a device loss the fill may still be stuck in a call: its late results are ignored.
    const post: Post = (message, transfer) => isOver || this._post(message, transfer);
    try {
      const runtime = needsModel(request) ? await this._loaded() : null;
      if (runtime) checkModel(message, runtime.card);
      const lost = runtime ? rejectOn(runtime.lost) : never;
      await Promise.race([this._preparation.stop(), lost]);
      const from = resume && this._isAfterLoss ? oneByOne(resume) : resume;
      const run = { message, runtime: runtime ?? photoRuntime, from, signal, post };
      const job = this._run(run);
      await Promise.race([job, lost]);
    } catch (error) {
      isOver = true;
      const failure = toFailure(await this._causeOf(error));
      this._fail(request.jobId, failure);
      // Also where ONNX Runtime itself has aborted: nothing will run here any more.
      if (failure.code === 'deviceLost') void this._failAfterJobs(failure);
    }
  }

  /** Where the photo's loops lose their GPU, the fill goes on without it from its last snapshot. */
  private async _run({ message, runtime, from, signal, post }: Run): Promise<void> {
    const { request, backend = null } = message;
    const usesPhoto = request.plan.levels.some(({ network }) => network !== 'model');
    const kernels = usesPhoto ? await this._photoGpu.kernels(backend) : null;
    let last = from;
    const options = { request, signal, now: () => performance.now() };
    const keepLast: Post = (said, transfer) => {
      if (said.kind === 'snapshot') last = said.snapshot;
      post(said, transfer);
    };
    try {
      const machine = kernels ? withKernels(runtime, kernels) : runtime;
      await runFillJob({ ...options, events: runFill(request, machine, from), post: keepLast });
    } catch (error) {
      if (!kernels?.isLost) throw error;
      await runFillJob({ ...options, events: runFill(request, runtime, last), post });
    }
  }

  /** A lost GPU may show first as some call that fails, then as lost. */
  private async _causeOf(error: unknown): Promise<unknown> {
    if (error instanceof RepaintError && error.code !== 'internal') return error;
    const runtime = await this._runtime?.catch(() => null);
    if (runtime?.device.backend !== 'webgpu') return error;
    const graceOver = new Promise((resolve) => setTimeout(resolve, lossGraceMs, error));
    return Promise.race([runtime.lost, graceOver]);
  }

  /** Each job tells its own failure first; then the panel hears that the worker is spent. */
  private async _failAfterJobs(error: RepaintError): Promise<void> {
    if (this._isSpent) return;
    this._isSpent = true;
    await this._queue.idle();
    this._fail(null, error);
  }

  private _loaded(): Promise<WebRuntime> {
    if (this._runtime) return this._runtime;
    throw new RepaintError('badRequest', "A 'fill' came before 'load': load a model first.");
  }

  private _fail(jobId: string | null, error: unknown): void {
    const { code, message } = toFailure(error);
    this._post({ kind: 'failed', jobId, code, message });
  }
}

/** Throws: RepaintError modelChanged when the request was planned for other weights. */
function checkModel({ modelSha256 }: FillMessage, { name, checkpoint }: ModelCard): void {
  if (modelSha256 === undefined || modelSha256 === checkpoint.sha256) return;
  throw new RepaintError(
    'modelChanged',
    `The fill was begun with the weights ${modelSha256.slice(0, 8)}, and ${name} has ` +
      `${checkpoint.sha256.slice(0, 8)}: load that model, or begin anew.`,
  );
}

/** False where the photo makes all levels: it can begin before any model is loaded. */
function needsModel({ plan }: Pick<FillRequest, 'plan'>): boolean {
  return plan.levels.some(({ network }) => network === 'model');
}

const never = new Promise<never>(() => undefined);

/** The same place in the walk, its images made one after another from there. */
function oneByOne(resume: FillSnapshot): FillSnapshot {
  const { group } = resume;
  return { ...resume, group: { ...group, batches: group.batches.map(() => 1) } };
}

/** Rejects with the error, if it ever comes. */
async function rejectOn(lost: Promise<RepaintError>): Promise<never> {
  throw await lost;
}
