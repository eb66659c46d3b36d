/** Notices a worker that has fallen silent in the middle of a fill: a driver that hangs, a loop. */
import type { FillLevel } from '../../protocol/fill.js';
import type { FillJob } from './fill-queue.js';

const tickMs = 2000;
/** However fast calls are: a network is loaded for each size, and other programs use the GPU. */
const leastPatienceMs = 60_000;
/** Before the first call, the model also measures how many fills to make at once. */
const startPatienceMs = 180_000;
/** How many calls at the measured pace one call may take. */
const callsOfPatience = 20;

const pixels = ({ width, height }: FillLevel) => width * height;

/** How long a job's next message may take, from the pace measured so far. Units: ms. */
export function patienceMs({ progress, request }: Pick<FillJob, 'progress' | 'request'>): number {
  if (!progress) return startPatienceMs;
  const { levels } = request.plan;
  const here = levels[progress.level];
  const next = levels[progress.level + 1] ?? here;
  const callMs = progress.msPerCall * progress.batch * Math.max(1, pixels(next) / pixels(here));
  return leastPatienceMs + callsOfPatience * callMs;
}

/** Counts the time without a message; a computer that sleeps, or a page put aside, does not count. */
export class Watchdog {
  private _job: FillJob | null = null;
  private _silentMs = 0;
  private _lastTick = 0;
  private _timer: ReturnType<typeof setInterval> | undefined;

  /** `now`: ms of a monotonic clock. */
  constructor(
    private readonly _onSilent: () => void,
    private readonly _now: () => number = () => performance.now(),
  ) {}

  /** The job whose messages are awaited now, if any. */
  follow(job: FillJob | null): void {
    if (job?.id !== this._job?.id) this.heard();
    this._job = job;
    if (job && this._timer === undefined) {
      this._lastTick = this._now();
      this._timer = setInterval(() => this._tick(), tickMs);
    } else if (!job) {
      clearInterval(this._timer);
      this._timer = undefined;
    }
  }

  /** The worker has sent something. */
  heard(): void {
    this._silentMs = 0;
  }

  private _tick(): void {
    const now = this._now();
    // What is longer than a tick or two was no waiting: nothing ran meanwhile.
    this._silentMs += Math.min(now - this._lastTick, 2 * tickMs);
    this._lastTick = now;
    if (!this._job || this._silentMs < patienceMs(this._job)) return;
    this.follow(null);
    this._onSilent();
  }
}
