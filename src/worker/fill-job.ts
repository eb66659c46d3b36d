/** One request: walks the fills, reports each call, sends previews now and then, ends with PNGs. */
import type { CallEvent, FillEvent } from '../fill/run.js';
import { encodePng } from '../image/png.js';
import type { RgbaImage } from '../image/raster.js';
import type { FillRequest } from '../protocol/fill.js';
import type { FromWorker } from '../protocol/worker-api.js';
import type { JobSignal } from './job-queue.js';
import { ProgressMeter } from './progress-meter.js';

/** Sends a message to the panel. */
export type Post = (message: FromWorker, transfer?: Transferable[]) => void;

export interface FillJobOptions {
  readonly request: FillRequest;
  /** The running fill; returning early cancels it. */
  readonly events: AsyncIterable<FillEvent>;
  readonly signal: JobSignal;
  readonly post: Post;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/** Previews are read back from the GPU and drawn: not more often than this. */
const previewEveryMs = 400;
/** What a lost GPU may cost at most. */
const snapshotEveryMs = 3000;
/** The user sees something after this many calls of a fill at the latest. */
const firstPreviewCall = 2;

/** Encodes straight-alpha pixels, losslessly. */
export function pngBlob(image: RgbaImage): Blob {
  return new Blob([encodePng(image)], { type: 'image/png' });
}

/** Decides which calls show previews: the first ones of each batch, then one now and then. */
class PreviewThrottle {
  private _fill = -1;
  private _calls = 0;
  private _shownAt = -Infinity;

  isDue(fill: number, at: number): boolean {
    if (fill !== this._fill) {
      this._fill = fill;
      this._calls = 0;
    }
    this._calls++;
    const isDue = this._calls === firstPreviewCall || at - this._shownAt >= previewEveryMs;
    if (isDue) this._shownAt = at;
    return isDue;
  }
}

/**
 * Runs a request to its end or until it is cancelled, posting progress, previews and fills.
 * Posts `done` last; throws whatever the fill throws, with the finished fills already posted.
 */
export async function runFillJob(options: FillJobOptions): Promise<void> {
  const { request, events, signal, post, now } = options;
  const { jobId, plan, seeds } = request;
  if (signal.isCancelled) return post({ kind: 'done', jobId, outcome: 'cancelled' });
  const meter = new ProgressMeter(plan, seeds.length, now());
  const throttle = new PreviewThrottle();
  let snapshotAt = now() + snapshotEveryMs;
  for await (const event of events) {
    if (event.kind === 'filled') {
      const { fill, seed, layer } = event;
      post({ kind: 'filled', jobId, fill, seed, png: pngBlob(layer) });
      continue;
    }
    post({ kind: 'progress', jobId, progress: meter.count(event, now()) });
    if (throttle.isDue(event.fill, now())) {
      const images = await event.preview();
      images.forEach((image, k) =>
        post({ kind: 'preview', jobId, fill: event.fill + k, image }, [image.data.buffer]),
      );
    }
    if (now() >= snapshotAt) {
      snapshotAt = now() + snapshotEveryMs;
      void postSnapshot(options, event);
    }
    await letMessagesIn();
    if (signal.isCancelled) return post({ kind: 'done', jobId, outcome: 'cancelled' });
  }
  post({ kind: 'done', jobId, outcome: 'complete' });
}

/** The walk goes on meanwhile. A snapshot that cannot be had is no failure of the fill. */
async function postSnapshot({ request, post }: FillJobOptions, call: CallEvent): Promise<void> {
  const snapshot = await call.snapshot().catch(() => null);
  if (snapshot) post({ kind: 'snapshot', jobId: request.jobId, snapshot });
}

/** Yields to the event loop, so that a cancel that has been posted is read. */
function letMessagesIn(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}
