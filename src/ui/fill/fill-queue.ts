/** Fills asked for and not yet done. One runs in the worker, the others wait there in order. */
import type { RgbaImage } from '../../image/raster.js';
import type { FillProgress, FillRequest, FillSnapshot } from '../../protocol/fill.js';
import type { FillRecord } from '../../protocol/sandbox-api.js';
import type { FromWorker, ToWorker } from '../../protocol/worker-api.js';
import { Observed } from '../observed.js';
import type { ChosenModel } from './choices.js';
import type { Problem } from '../problem.js';
import type { FilledRegion } from '../selection/region.js';

/**
 * `waiting` and `running` are with the worker; `cancelling` waits for its answer; `interrupted`
 * has stopped with seeds left, and waits for the user to continue or dismiss it.
 */
export type JobState = 'waiting' | 'running' | 'cancelling' | 'interrupted';

/** A model as a fill's record names it. */
export interface FillModel {
  readonly id: string;
  readonly sha256: string;
  /** How to choose it again; null is the add-on's own. */
  readonly chosen: ChosenModel | null;
}

/** Where fills began, as their records say it. */
export type Origin = Pick<FillRecord, 'like' | 'strength'>;
export const fromNoise: Origin = { like: 0, strength: 1 };

export interface FillJob {
  readonly id: string;
  /** The model the fill was planned for. */
  readonly model: FillModel;
  readonly origin: Origin;
  readonly region: FilledRegion;
  readonly request: FillRequest;
  readonly state: JobState;
  readonly progress: FillProgress | null;
  /** What was last seen of the fills being made, by their index into the request's seeds. */
  readonly previews: Readonly<Record<number, RgbaImage>>;
  readonly seedsLeft: readonly number[];
  /** Where the fill in progress stands, as the worker last told. */
  readonly snapshot: FillSnapshot | null;
  /** Ms the fills that are left take, as last estimated. */
  readonly remainingMs: number | null;
  readonly problem: Problem | null;
}

export interface FinishedFill {
  readonly job: FillJob;
  readonly seed: number;
  readonly png: Blob;
}

/** How long a cancelled call may take before the worker is replaced. */
const cancelPatienceMs = 15_000;

export interface QueueOutlet {
  post(message: Extract<ToWorker, { kind: 'fill' | 'cancel' }>): void;
  /** The worker does not answer a cancel. */
  giveUp(): void;
  filled(fill: FinishedFill): void;
}

/** Keeps the jobs' states; messages about jobs it does not know are dropped. */
export class FillQueue extends Observed {
  jobs: readonly FillJob[] = [];
  private readonly _patience = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly _outlet: QueueOutlet) {
    super();
  }

  get active(): FillJob | undefined {
    return this.jobs.find(({ state }) => state === 'running' || state === 'cancelling');
  }

  get waiting(): readonly FillJob[] {
    return this.jobs.filter(({ state }) => state === 'waiting');
  }

  get interrupted(): readonly FillJob[] {
    return this.jobs.filter(({ state }) => state === 'interrupted');
  }

  add(region: FilledRegion, request: FillRequest, model: FillModel, origin = fromNoise): void {
    const state: JobState = this.active ? 'waiting' : 'running';
    const { jobId: id, seeds: seedsLeft } = request;
    const job = { id, model, origin, region, request, state, seedsLeft };
    this._set([...this.jobs, { ...job, ...nothingYet, remainingMs: null }]);
    this._send({ request, model, snapshot: null });
  }

  /** Takes over a job that a closed panel has left; it waits for the user. */
  restore(job: FillJob): void {
    if (!this._find(job.id)) this._set([...this.jobs, job]);
  }

  /** Goes on with an interrupted job: from its snapshot, else with the seeds it still owes. */
  resume(jobId: string): void {
    const job = this._find(jobId);
    if (job?.state !== 'interrupted') return;
    const { snapshot, seedsLeft, model } = job;
    const request = snapshot ? job.request : { ...job.request, seeds: seedsLeft };
    const state: JobState = this.active ? 'waiting' : 'running';
    this._update(jobId, { ...nothingYet, snapshot, request, state });
    this._send({ request, model, snapshot });
  }

  /** Cancels a job that waits or runs, and forgets one that was interrupted. */
  cancel(jobId: string): void {
    const job = this._find(jobId);
    if (!job || job.state === 'cancelling') return;
    if (job.state === 'interrupted') return this._remove(jobId);
    this._update(jobId, { state: 'cancelling' });
    this._outlet.post({ kind: 'cancel', jobId });
    this._patience.set(
      jobId,
      setTimeout(() => this._outlet.giveUp(), cancelPatienceMs),
    );
  }

  receive(message: Exclude<FromWorker, { kind: 'loading' | 'ready' }>): void {
    const job = message.jobId === null ? undefined : this._find(message.jobId);
    if (!job) return;
    switch (message.kind) {
      case 'queued':
        return;
      case 'progress':
        return this._update(job.id, {
          progress: message.progress,
          remainingMs: message.progress.remainingMs,
          ...started(job),
        });
      case 'preview':
        return this._update(job.id, {
          previews: { ...job.previews, [message.fill]: message.image },
          ...started(job),
        });
      case 'snapshot':
        return this._update(job.id, { snapshot: message.snapshot });
      case 'filled':
        return this._filled(job, message.seed, message.png);
      case 'done':
        return this._remove(job.id);
      case 'failed':
        return this._interrupt(job, { code: message.code, detail: message.message });
      default:
        message satisfies never;
    }
  }

  /** The worker is gone: what ran is interrupted, what waited is sent to the new one, if any. */
  workerLost(problem: Problem, isReplaced: boolean): void {
    for (const job of this.jobs) {
      if (job.state === 'cancelling') this._remove(job.id);
      else if (job.state === 'running' || !isReplaced) this._stop(job, problem);
    }
    for (const job of this.waiting) this._send(job);
    this._promote();
  }

  private _send({ request, model, snapshot }: Pick<FillJob, 'request' | 'model' | 'snapshot'>) {
    const { sha256: modelSha256 } = model;
    this._outlet.post({ kind: 'fill', request, resume: snapshot, modelSha256 });
  }

  private _filled(job: FillJob, seed: number, png: Blob): void {
    // A job that went on from its snapshot may make again what it has delivered since.
    if (!job.seedsLeft.includes(seed)) return;
    const seedsLeft = job.seedsLeft.filter((left) => left !== seed);
    // First the fill, then the note that it is done: whoever writes them down keeps the order.
    this._outlet.filled({ job, seed, png });
    this._update(job.id, { seedsLeft });
  }

  private _interrupt(job: FillJob, problem: Problem): void {
    this._endPatience(job.id);
    const isOver = job.state === 'cancelling' || job.seedsLeft.length === 0;
    if (isOver) return this._remove(job.id);
    // A job that had not begun when the GPU was lost is sent again to the worker that follows.
    const hasBegun = job.progress !== null;
    if (problem.code === 'deviceLost' && !hasBegun) {
      return this._update(job.id, { state: 'waiting' });
    }
    this._stop(job, problem);
    this._promote();
  }

  private _stop(job: FillJob, problem: Problem): void {
    if (job.state === 'interrupted') return;
    // A snapshot that is refused would be refused again: then the fills that are left start anew.
    const snapshot = problem.code === 'badRequest' ? null : job.snapshot;
    const stopped = { previews: {}, progress: null, snapshot };
    this._update(job.id, { state: 'interrupted', ...stopped, problem });
  }

  private _remove(jobId: string): void {
    this._endPatience(jobId);
    this._set(this.jobs.filter(({ id }) => id !== jobId));
    this._promote();
  }

  /** The worker goes on with the next by itself; show it so. */
  private _promote(): void {
    const [next] = this.waiting;
    if (next && !this.active) this._update(next.id, { state: 'running' });
  }

  private _endPatience(jobId: string): void {
    clearTimeout(this._patience.get(jobId));
    this._patience.delete(jobId);
  }

  private _find(jobId: string): FillJob | undefined {
    return this.jobs.find(({ id }) => id === jobId);
  }

  private _update(jobId: string, change: Partial<FillJob>): void {
    this._set(this.jobs.map((job) => (job.id === jobId ? { ...job, ...change } : job)));
  }

  private _set(jobs: readonly FillJob[]): void {
    this.jobs = jobs;
    this.changed();
  }
}

const nothingYet = { progress: null, previews: {}, snapshot: null, problem: null } as const;

/** A job that is heard of runs. */
function started(job: FillJob): Partial<FillJob> {
  return job.state === 'waiting' ? { state: 'running' } : {};
}
