/**
 * Writes the queue's jobs down, each with the last place it was known to be at, and reads what a
 * closed panel has left. A record that is damaged, or another version's, is told and can be discarded.
 */
import * as z from 'zod/mini';
import type { FillRequest } from '../../protocol/fill.js';
import type { FillRecord, NewLayer } from '../../protocol/sandbox-api.js';
import type { FillGallery, StrandedFill } from '../gallery/fill-gallery.js';
import type { FoundEntry, Journal } from '../host/journal.js';
import { Observed } from '../observed.js';
import { fromNoise, type FillJob, type FillQueue } from './fill-queue.js';

const version = 1;
const jobPrefix = 'job ';
const fillPrefix = 'fill ';
const jobKey = (jobId: string) => `${jobPrefix}${jobId}`;
type FillName = Pick<FillRecord, 'jobId' | 'seed'>;
const fillKey = ({ jobId, seed }: FillName) => `${fillPrefix}${jobId} ${seed}`;

const size = { width: z.int().check(z.minimum(1)), height: z.int().check(z.minimum(1)) };
const seeds = z.array(z.int().check(z.minimum(0))).check(z.maxLength(1000));
const hasPixels = ({ source, selection }: Pick<FillRequest, 'source' | 'selection'>) =>
  source.data.length === 4 * source.width * source.height &&
  selection.data.length === source.width * source.height;

/** As far as the panel itself relies on it; the worker checks the rest against the model. */
const recordSchema = z.object({
  version: z.literal(version),
  documentId: z.nullable(z.string()),
  id: z.string(),
  model: z.object({
    id: z.string(),
    sha256: z.string(),
    chosen: z.nullable(z.object({ id: z.string(), name: z.string() })),
  }),
  origin: z._default(z.object({ like: z.int(), strength: z.number() }), fromNoise),
  region: z.looseObject({
    id: z.string(),
    target: z.looseObject({ id: z.string() }),
    maskBounds: z.looseObject(size),
    markerIds: z.array(z.string()),
    raster: z.looseObject({
      ...size,
      pixelsToPage: z.array(z.number()).check(z.length(6)),
      photo: z.looseObject(size),
    }),
  }),
  request: z
    .looseObject({
      jobId: z.string(),
      plan: z.looseObject({
        levels: z.array(z.looseObject(size)).check(z.minLength(1)),
        nfe: z.number(),
      }),
      settings: z.looseObject({}),
      source: z.object({ ...size, data: z.instanceof(Uint8ClampedArray) }),
      selection: z.object({ ...size, data: z.instanceof(Uint8Array) }),
      seeds: seeds.check(z.minLength(1)),
    })
    .check(z.refine(hasPixels)),
});

const noteSchema = z.object({
  seedsLeft: seeds,
  remainingMs: z.nullable(z.number()),
  snapshot: z.nullable(
    z.looseObject({ level: z.int(), transition: z.int(), xt: z.instanceof(Float32Array) }),
  ),
});

const fillSchema = z.object({
  version: z.literal(version),
  documentId: z.nullable(z.string()),
  layer: z.looseObject({
    png: z.instanceof(Blob),
    pixelsToPage: z.array(z.number()).check(z.length(6)),
    size: z.looseObject(size),
    record: z.looseObject({ jobId: z.string(), seed: z.int(), targetId: z.string() }),
    image: z.looseObject({ id: z.string(), pageId: z.string() }),
  }),
  thumbnail: z.string(),
});

type JobNote = Pick<FillJob, 'seedsLeft' | 'remainingMs' | 'snapshot'>;

/** Returns: the job as it waits for the user, or null where the record is not whole. */
function jobFrom({ value, note, isNoteDamaged }: FoundEntry): FillJob | null {
  const record = recordSchema.safeParse(value);
  if (!record.success) return null;
  const { id, model, origin, region, request } = record.data as unknown as FillJob;
  const noted = noteSchema.safeParse(note);
  const nothing = { seedsLeft: request.seeds, remainingMs: null, snapshot: null };
  const isLost = isNoteDamaged || (note !== undefined && !noted.success);
  const { seedsLeft, remainingMs, snapshot }: JobNote = noted.success
    ? (noted.data as unknown as JobNote)
    : nothing;
  return {
    ...{ id, model, origin, region, request, remainingMs, snapshot },
    seedsLeft: seedsLeft.filter((seed) => request.seeds.includes(seed)),
    state: 'interrupted',
    progress: null,
    previews: {},
    problem: { code: isLost ? 'progressDamaged' : 'panelClosed' },
  };
}

/** A finished fill that is not in the document yet. */
type LeftFill = Pick<StrandedFill, 'layer' | 'thumbnail'>;

function fillFrom({ value }: FoundEntry): LeftFill | null {
  const { success, data } = fillSchema.safeParse(value);
  return success ? (data as unknown as LeftFill) : null;
}

/**
 * Follows a queue and the fills that wait for a place. What belongs to another document is left
 * alone until that is open.
 */
export class FillJournal extends Observed {
  /** A job that runs could not be written down any longer. */
  isFull = false;
  /** What a closed panel has left and nobody can go on with. */
  private _damaged: readonly string[] = [];
  private readonly _written = new Map<string, FillJob>();
  /** Fills that are written down, and those of them on their way into the document. */
  private readonly _fills = new Set<string>();
  private readonly _adding = new Set<string>();
  /** Fills that were on the page in this visit; what is gone since was taken away by somebody. */
  private readonly _seen = new Set<string>();

  constructor(
    private readonly _journal: Journal,
    private readonly _queue: FillQueue,
    private readonly _gallery: FillGallery,
    private readonly _documentId: string | null,
  ) {
    super();
    _queue.subscribe(() => this._lookAtJobs());
    _gallery.subscribe(() => {
      const fills = _gallery.sets.flatMap((set) => set.fills);
      for (const { record } of fills) this._seen.add(fillKey(record));
      this._lookAtStranded();
    });
    _journal.onLost = () => this._lost();
    _journal.subscribe(() => this.changed());
  }

  /** Unfinished jobs and fills that another window of this add-on has. */
  get elsewhere(): number {
    return this._journal.elsewhere;
  }

  /** False where nothing outlives the panel. */
  get isKept(): boolean {
    return this._journal.isKept;
  }

  get hasDamaged(): boolean {
    return this._damaged.length > 0;
  }

  discardDamaged(): void {
    for (const key of this._damaged) void this._journal.forget(key);
    this._damaged = [];
    this.changed();
  }

  /**
   * Writes a finished fill down while `add` puts it into the document. Called as soon as it is
   * finished, so that it is written before its job's note says so.
   */
  async whileAdding(
    name: FillName,
    made: Promise<NewLayer>,
    add: (layer: NewLayer) => Promise<void>,
  ): Promise<void> {
    const key = fillKey(name);
    this._adding.add(key);
    this._keepFill(
      key,
      made.then((layer) => ({ layer, thumbnail: '' })),
    );
    await add(await made);
    this._adding.delete(key);
    this._lookAtStranded();
  }

  /** Hands what a closed panel has left to the queue and the gallery, where it waits for the user. */
  async restore(): Promise<void> {
    await this._journal.findLeft((entry) => this._found(entry));
  }

  private _found(entry: FoundEntry): void {
    if (this._isOfOtherDocument(entry)) return this._journal.letGo(entry.key);
    const job = entry.key.startsWith(jobPrefix) ? jobFrom(entry) : null;
    const fill = entry.key.startsWith(fillPrefix) ? fillFrom(entry) : null;
    if (job) this._foundJob(job);
    else if (fill) this._foundFill(entry.key, fill);
    else {
      this._damaged = [...this._damaged, entry.key];
      this.changed();
    }
  }

  /** Without the fills that came onto the page after the last note, or wait for their place. */
  private _foundJob(job: FillJob): void {
    const seedsLeft = job.seedsLeft.filter((seed) => {
      const key = fillKey({ jobId: job.id, seed });
      return !this._seen.has(key) && !this._fills.has(key);
    });
    if (seedsLeft.length === 0) return void this._journal.forget(jobKey(job.id));
    const left = { ...job, seedsLeft };
    this._written.set(job.id, left);
    this._queue.restore(left);
  }

  private _foundFill(key: string, { layer, thumbnail }: LeftFill): void {
    if (this._seen.has(key)) return void this._journal.forget(key);
    this._fills.add(key);
    this._gallery.strand(layer, thumbnail, { code: 'fillLeft' });
  }

  private _isOfOtherDocument({ value }: FoundEntry): boolean {
    const { documentId } = (value ?? {}) as { documentId?: unknown };
    return typeof documentId === 'string' && documentId !== (this._documentId ?? documentId);
  }

  private _lookAtStranded(): void {
    const stranded = new Map(
      this._gallery.stranded.map((fill) => [fillKey(fill.layer.record), fill]),
    );
    for (const [key, fill] of stranded) {
      if (!this._fills.has(key)) this._keepFill(key, Promise.resolve(fill));
    }
    for (const key of this._fills) {
      if (stranded.has(key) || this._adding.has(key)) continue;
      this._fills.delete(key);
      void this._journal.forget(key);
    }
  }

  private _keepFill(key: string, fill: Promise<LeftFill>): void {
    this._fills.add(key);
    const { _documentId: documentId } = this;
    const record = fill.then(({ layer, thumbnail }) => ({ version, documentId, layer, thumbnail }));
    void this._journal.keep(key, record);
  }

  private _lookAtJobs(): void {
    const jobs = new Map(this._queue.jobs.map((job) => [job.id, job]));
    for (const job of jobs.values()) this._write(job);
    for (const id of this._written.keys()) {
      if (jobs.has(id)) continue;
      this._written.delete(id);
      void this._journal.forget(jobKey(id));
    }
    if (jobs.size === 0) this.isFull = false;
  }

  private _write(job: FillJob): void {
    const before = this._written.get(job.id);
    this._written.set(job.id, job);
    const { id, model, origin, region, request, seedsLeft, remainingMs, snapshot } = job;
    if (before?.request !== request) {
      const job = { id, model, origin, region, request };
      const record = { version, documentId: this._documentId, ...job };
      void this._journal.keep(jobKey(id), record);
    }
    const isNews = before?.snapshot !== snapshot || before?.seedsLeft !== seedsLeft;
    if (before && isNews) this._journal.note(jobKey(id), { seedsLeft, remainingMs, snapshot });
  }

  private _lost(): void {
    this.isFull = true;
    this.changed();
  }
}
