/** Runs a planned fill: each level walked in turn, coarse to fine, then cut to the selection. */
import type { WalkSnapshot, WalkStep } from '../core/sampler.js';
import { compositeFill } from '../image/composite.js';
import type { Rect } from '../image/geometry.js';
import { rgbaFromPlanar, type PlanarImage } from '../image/planar.js';
import type { RgbaImage } from '../image/raster.js';
import { unknownPixels } from '../image/source-pixels.js';
import { RepaintError } from '../protocol/failure.js';
import type { FillGroup, FillPlan, FillRequest, FillSnapshot } from '../protocol/fill.js';
import { batchQuestions, chooseBatches } from './batches.js';
import { levelImages, splitBatch, walkLevel, withKnown } from './level-walk.js';
import type { LevelImages, LevelJob } from './level-walk.js';
import type { FillRuntime } from './runtime.js';

/** A network call has been made for each of some images. */
export interface CallEvent {
  readonly kind: 'call';
  /** The first fill of those made at once, and how many they are. */
  readonly fill: number;
  readonly batch: number;
  readonly level: number;
  /** Network calls done over all fills of the request, and in total; one for each image. */
  readonly nfe: number;
  readonly nfeTotal: number;
  /** Calls that each level still asks for, over all fills. */
  readonly callsLeft: readonly number[];
  /** Renders the predicted images at the level's size; reads them back only when called. */
  preview(): Promise<readonly RgbaImage[]>;
  /**
   * Copies where the run stands. Asked for before the next event is, it may be awaited while the
   * run goes on.
   */
  snapshot(): Promise<FillSnapshot>;
}

/** A network call has been made, or a fill is finished. */
export type FillEvent =
  | CallEvent
  | {
      readonly kind: 'filled';
      readonly fill: number;
      readonly seed: number;
      /** Pixels of plan.maskBounds, alpha 0 outside the selection. */
      readonly layer: RgbaImage;
    };

function checkRequest({ plan, source, selection }: FillRequest, channels: number): void {
  const { width, height } = plan.contextBounds;
  const isFitting = [source, selection].every((it) => it.width === width && it.height === height);
  if (!isFitting) {
    throw new RepaintError(
      'badRequest',
      `source and selection must be the context's ${width} x ${height} pixels, got ` +
        `${source.width} x ${source.height} and ${selection.width} x ${selection.height}.`,
    );
  }
  if (channels !== 3)
    throw new RepaintError(
      'modelShape',
      `expected a network for RGB images, got ${channels} channels.`,
    );
  if (plan.levels.length === 0)
    throw new RepaintError('badRequest', 'the plan has no level to walk.');
}

/** Where the fill's layer lies within the context. */
function layerPlace({ maskBounds, contextBounds }: FillPlan): Rect {
  const { x, y } = contextBounds;
  return { ...maskBounds, x: maskBounds.x - x, y: maskBounds.y - y };
}

/**
 * Makes the request's fills in groups, yielding after each network call and each fill.
 * At each level a group is walked in batches of the size the runtime chose for it; fill k of a
 * batch is what fill k would be alone. A batch that runs out of memory is walked one by one, and
 * so is all that follows. To cancel, stop pulling. Fills yielded before are unaffected.
 * A finer level starts from the enlarged coarser result, re-noised to the plan's middle step, and
 * keeps its low frequencies; after each level the colours are fitted to the picture at the edge.
 * `from`: a snapshot of the same request, to go on from; the rest comes out bit for bit as it would
 * have. Fills finished after the snapshot are made again.
 * Throws: RepaintError when the request or the snapshot does not fit the model; what the runtime
 * throws.
 */
export async function* runFill(
  request: FillRequest,
  runtime: FillRuntime,
  from: FillSnapshot | null = null,
): AsyncGenerator<FillEvent, void, void> {
  checkRequest(request, runtime.card.network.channels);
  const batches = from?.group.batches ?? (await chooseBatches(request, runtime));
  const run = new FillRun(request, runtime, from, batches);
  for (let batch = run.next(); batch; batch = run.next()) {
    const walk = walkLevel(request, runtime, run.levelJob(batch));
    const advance = () => walk.next().catch((error: unknown) => nullIfTooMuch(error, batch.size));
    let step = await advance();
    for (; step && !step.done; step = await advance()) yield run.callEvent(step.value, batch);
    if (step) yield* run.finish(batch, step.value);
    else await run.makeOneByOne(batch);
  }
}

/** Fills made at once at one level. */
interface Batch {
  readonly level: number;
  readonly fill: number;
  readonly size: number;
}

/** Where the run of a request stands, and what it needs to go on. */
class FillRun {
  private readonly _images: readonly LevelImages[];
  private _group: FillGroup;
  /** The batch that is next: its level and its first fill. */
  private _level = 0;
  private _fill = 0;
  /** Of the group's fills: what the finest level done made of each. */
  private readonly _finished = new Map<number, { level: number; image: PlanarImage }>();

  constructor(
    private readonly _request: FillRequest,
    private readonly _runtime: FillRuntime,
    private readonly _from: FillSnapshot | null,
    batches: readonly number[],
  ) {
    const unknown = unknownPixels(_request.source, _request.selection);
    this._images = _request.plan.levels.map((level) => levelImages(level, _request, unknown));
    this._group = _from?.group ?? this._groupAt(0, batches);
    if (_from) this._goTo(_from);
  }

  /** Returns: null when all fills are made. */
  next(): Batch | null {
    const { fill, fills, batches } = this._group;
    if (fill >= this._request.seeds.length) return null;
    const size = Math.min(batches[this._level], fill + fills - this._fill);
    return { level: this._level, fill: this._fill, size };
  }

  levelJob({ level, fill, size }: Batch): LevelJob {
    const seeds = this._request.seeds.slice(fill, fill + size);
    const coarser = seeds.flatMap((_, k) => this._finished.get(fill + k)?.image ?? []);
    return {
      level,
      images: this._images[level],
      seeds,
      coarser: level > 0 ? coarser : null,
      resume: this._from && sliceOf(this._from, { level, fill, size }),
    };
  }

  /** Takes note of a batch's results, and yields the fills that are finished with them. */
  *finish(batch: Batch, images: readonly PlanarImage[]): Generator<FillEvent, void, void> {
    const { plan, source, selection, settings, seeds } = this._request;
    const { featherPx, fillTransparent } = settings;
    const edge = { featherPx, within: fillTransparent ? null : source };
    const isLast = batch.level === plan.levels.length - 1;
    for (const [k, image] of images.entries()) {
      if (isLast) this._finished.delete(batch.fill + k);
      else this._finished.set(batch.fill + k, { level: batch.level, image });
    }
    this._advance(batch);
    for (const [k, image] of isLast ? images.entries() : []) {
      const fill = batch.fill + k;
      const layer = compositeFill(image, selection, layerPlace(plan), edge);
      yield { kind: 'filled', fill, seed: seeds[fill], layer };
    }
  }

  /** Memory was too short for a batch. */
  async makeOneByOne({ level, size }: Batch): Promise<void> {
    const { plan, settings, seeds } = this._request;
    const questions = batchQuestions(plan, settings, seeds.length, this._runtime.card);
    await this._runtime.rejectBatch(questions[level], size);
    this._group = { ...this._group, batches: this._group.batches.map(() => 1) };
  }

  callEvent(step: WalkStep, batch: Batch): CallEvent {
    const callsLeft = this._callsLeft(step, batch);
    const nfeTotal = this._request.plan.nfe * this._request.seeds.length;
    return {
      kind: 'call',
      fill: batch.fill,
      batch: batch.size,
      level: batch.level,
      nfe: nfeTotal - callsLeft.reduce((sum, calls) => sum + calls, 0),
      nfeTotal,
      callsLeft,
      preview: () => preview(step, this._images[batch.level]),
      snapshot: () => this._snapshot(step, batch),
    };
  }

  private async _snapshot(step: WalkStep, batch: Batch): Promise<FillSnapshot> {
    const { level, fill, size } = batch;
    const finished = [...this._finished].map(([fill, { level, image }]) => ({
      level,
      fill,
      data: image.data,
    }));
    const position = { group: this._group, level, fill, images: size, finished };
    return { ...position, ...(await step.snapshot()) };
  }

  /** Throws: RepaintError when the snapshot is not of this request. */
  private _goTo({ level, fill, group, finished, images, xt }: FillSnapshot): void {
    const valuesAt = (at: number) => this._images[at]?.known.data.length;
    const isFitting =
      group.batches.length === this._images.length &&
      group.fill + group.fills <= this._request.seeds.length &&
      xt.length === images * valuesAt(level) &&
      finished.every(({ level, data }) => data.length === valuesAt(level));
    if (!isFitting)
      throw new RepaintError('badRequest', 'the snapshot is not of this request: start it anew.');
    [this._level, this._fill] = [level, fill];
    for (const { level, fill, data } of finished) {
      this._finished.set(fill, { level, image: { ...this._images[level].known, data } });
    }
  }

  private _groupAt(fill: number, batches: readonly number[]): FillGroup {
    return {
      fill,
      fills: Math.min(Math.max(...batches), this._request.seeds.length - fill),
      batches,
    };
  }

  /** To the batch after this one: of the level, else of the next level, else of the next group. */
  private _advance({ fill, size }: Batch): void {
    const { fill: first, fills, batches } = this._group;
    this._fill = fill + size;
    if (this._fill < first + fills) return;
    this._level++;
    if (this._level === this._images.length) {
      this._level = 0;
      this._group = this._groupAt(first + fills, batches);
    }
    this._fill = this._group.fill;
  }

  /** The group is done with the coarser levels, and with this level for the fills before. */
  private _callsLeft(step: WalkStep, batch: Batch): number[] {
    const { plan, seeds } = this._request;
    const group = this._group;
    return plan.levels.map(({ nfe }, level) => {
      if (level < batch.level) return nfe * (seeds.length - group.fill - group.fills);
      if (level > batch.level) return nfe * (seeds.length - group.fill);
      return nfe * (seeds.length - batch.fill) - step.nfe * batch.size;
    });
  }
}

/** The batch's part of a snapshot, or null where it has none of it. */
function sliceOf(from: FillSnapshot, { level, fill, size }: Batch): WalkSnapshot | null {
  const first = fill - from.fill;
  if (level !== from.level || first < 0 || first + size > from.images) return null;
  const slice = (images: Float32Array) => {
    const length = images.length / from.images;
    return images.slice(first * length, (first + size) * length);
  };
  const { transition, xt, x0Hat } = from;
  return { transition, xt: slice(xt), x0Hat: x0Hat && slice(x0Hat) };
}

async function preview(step: WalkStep, images: LevelImages): Promise<RgbaImage[]> {
  const { width, height } = images.known;
  const pixels = await step.readPreview();
  if (!pixels) {
    const x0Hats = splitBatch(await step.readX0Hat(), images.known);
    return x0Hats.map((image) => rgbaFromPlanar(withKnown(image, images)));
  }
  const length = 4 * width * height;
  return Array.from({ length: pixels.length / length }, (_, k) => ({
    width,
    height,
    data: pixels.slice(k * length, (k + 1) * length),
  }));
}

function nullIfTooMuch(error: unknown, size: number): null {
  if (size > 1 && error instanceof RepaintError && error.code === 'outOfMemory') return null;
  throw error;
}
