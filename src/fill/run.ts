/** Runs a planned fill: each level walked in turn, coarse to fine, then cut to the selection. */
import type { WalkSnapshot, WalkStep } from '../core/sampler.js';
import { cutToSelection } from '../image/composite.js';
import { coversEverything } from '../image/coverage.js';
import { moved } from '../image/geometry.js';
import { pastePlanar, pasteRgba, rgbaFromPlanar, type PlanarImage } from '../image/planar.js';
import type { Coverage, RgbaImage } from '../image/raster.js';
import { planarAtSize, resizePlanar } from '../image/resize.js';
import { unknownPixels } from '../image/source-pixels.js';
import { findLines, type Line } from '../prior/lines.js';
import { RepaintError } from '../protocol/failure.js';
import type { FillGroup, FillRequest, FillSnapshot } from '../protocol/fill.js';
import { batchQuestions, chooseBatches } from './batches.js';
import {
  knownAt,
  levelImages,
  resized,
  splitBatch,
  walkLevel,
  withKnown,
  type LevelImages,
  type LevelJob,
  type LevelResult,
} from './level-walk.js';
import { levelWindow, lineLevel } from './photo-walk.js';
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

function checkRequest(request: FillRequest, channels = 3): void {
  const { plan, source, selection, chosen } = request;
  const { width, height } = plan.contextBounds;
  const isFitting = [source, selection, chosen ?? source].every(
    (it) => it.width === width && it.height === height,
  );
  if (!isFitting) {
    throw new RepaintError(
      'badRequest',
      `source, selection and a chosen fill must be the context's ${width} x ${height} pixels, got ` +
        `${[source, selection, chosen ?? source].map((it) => `${it.width} x ${it.height}`).join(', ')}.`,
    );
  }
  if (channels !== 3)
    throw new RepaintError(
      'modelShape',
      `expected a network for RGB images, got ${channels} channels.`,
    );
  if (plan.levels.length === 0)
    throw new RepaintError('badRequest', 'the plan has no level to walk.');
  const startsFrom = plan.levels.filter(({ part }, k) => plan.levels[k - 1]?.part !== part);
  if (!chosen && startsFrom.some(({ startTimestep }) => startTimestep !== null))
    throw new RepaintError('badRequest', 'the plan starts from a chosen fill: give it.');
}

/** Throws: RepaintError when transparency leaves nothing to fill, or nothing to continue from. */
function checkSeen({ source, selection, settings }: FillRequest, unknown: Coverage): void {
  const isShown = (value: number, i: number) => value > 0 && source.data[4 * i + 3] > 0;
  if (!settings.fillTransparent && !selection.data.some(isShown))
    throw new RepaintError(
      'badRequest',
      'the region lies wholly on transparent pixels, which stay so; mark opaque ones, or choose to fill transparent ones too.',
    );
  if (coversEverything(unknown))
    throw new RepaintError(
      'badRequest',
      'nothing opaque lies around the region to continue from; mark less of the picture.',
    );
}

/**
 * Makes the request's fills in groups, yielding after each network call and each fill.
 * At each level a group is walked in batches of the size the runtime chose for it; fill k of a
 * batch is what fill k would be alone. A batch that runs out of memory is walked one by one, and
 * so is all that follows. To cancel, stop pulling. Fills yielded before are unaffected.
 * A finer level starts from the enlarged coarser result, re-noised to the plan's middle step; after
 * it the colours are fitted to the picture at the edge. A model's finer level keeps the coarser one's
 * low frequencies. Parts of the region that lie far apart are made one after the other.
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
  checkRequest(request, runtime.card?.network.channels);
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

/** What a fill has so far of one part. */
interface PartResult extends LevelResult {
  readonly level: number;
}

/** Longest side of a preview that is put together from parts. */
const previewSide = 512;

/** Where the run of a request stands, and what it needs to go on. */
class FillRun {
  private readonly _unknown: Coverage;
  /** Of the levels in use, made when they are first asked for. */
  private readonly _images = new Map<number, LevelImages>();
  /** Through each part, once they were looked for. */
  private readonly _lines = new Map<number, readonly Line[]>();
  private _group: FillGroup;
  /** The batch that is next: its level and its first fill. */
  private _level = 0;
  private _fill = 0;
  /** Of the group's fills: what the finest level done made of each part, by part. */
  private readonly _finished = new Map<number, Map<number, PartResult>>();
  private _previewBase: PlanarImage | null = null;

  constructor(
    private readonly _request: FillRequest,
    private readonly _runtime: FillRuntime,
    private readonly _from: FillSnapshot | null,
    batches: readonly number[],
  ) {
    this._unknown = unknownPixels(_request.source, _request.selection);
    checkSeen(_request, this._unknown);
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
    const { levels } = this._request.plan;
    const seeds = this._request.seeds.slice(fill, fill + size);
    const isFirst = levels[level - 1]?.part !== levels[level].part;
    const results = seeds.flatMap((_, k) => this._result(fill + k, levels[level].part) ?? []);
    return {
      level,
      images: this._imagesAt(level),
      lines: this._linesAt(level),
      seeds,
      coarser: isFirst ? null : { results, images: this._imagesAt(level - 1) },
      resume: this._from && sliceOf(this._from, { level, fill, size }),
    };
  }

  /** Takes note of a batch's results, and yields the fills that are finished with them. */
  *finish(batch: Batch, results: readonly LevelResult[]): Generator<FillEvent, void, void> {
    const { plan, seeds } = this._request;
    const isLast = batch.level === plan.levels.length - 1;
    for (const [k, result] of results.entries()) {
      const parts = this._finished.get(batch.fill + k) ?? new Map<number, PartResult>();
      parts.set(plan.levels[batch.level].part, { ...result, level: batch.level });
      this._finished.set(batch.fill + k, parts);
    }
    const done = results.map((_, k) => batch.fill + k);
    const layers = isLast ? done.map((fill) => this._layer(fill)) : [];
    if (isLast) done.forEach((fill) => this._finished.delete(fill));
    this._advance(batch);
    for (const [k, layer] of layers.entries()) {
      yield { kind: 'filled', fill: done[k], seed: seeds[done[k]], layer };
    }
  }

  /** Memory was too short for a batch. */
  async makeOneByOne({ level, size }: Batch): Promise<void> {
    const { plan, settings, seeds } = this._request;
    const question = batchQuestions(plan, settings, seeds.length, this._runtime.card)[level];
    if (question) await this._runtime.rejectBatch(question, size);
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
      preview: () => this._preview(step, batch),
      snapshot: () => this._snapshot(step, batch),
    };
  }

  /** What a level sees; only those of one part are kept, and of these two. */
  private _imagesAt(level: number): LevelImages {
    const made =
      this._images.get(level) ??
      levelImages(this._request.plan.levels[level], this._request, this._unknown);
    this._images.set(level, made);
    for (const other of this._images.keys()) {
      if (other < level - 1 || other > level + 1) this._images.delete(other);
    }
    return made;
  }

  /** What lines say stays true of finer levels, but too blurred for them. */
  private _linesAt(level: number): readonly Line[] {
    const { levels } = this._request.plan;
    const { part, network, width } = levels[level];
    if (network === 'model') return [];
    const at = lineLevel(levels, part);
    if (width > at.width) return [];
    const found = this._lines.get(part) ?? findLines(knownAt(at, this._request, this._unknown));
    this._lines.set(part, found);
    return found;
  }

  private _result(fill: number, part: number): PartResult | undefined {
    return this._finished.get(fill)?.get(part);
  }

  /** All parts of a fill, cut to the selection. */
  private _layer(fill: number): RgbaImage {
    const { plan, source, selection, settings } = this._request;
    const { featherPx, fillTransparent } = settings;
    const { width, height } = plan.maskBounds;
    const image = { width, height, data: new Uint8ClampedArray(4 * width * height) };
    for (const result of this._finished.get(fill)!.values()) {
      const { bounds, partBounds } = plan.levels[result.level];
      const part = moved(partBounds, bounds);
      const pixels = resized(result, this._imagesAt(result.level), bounds, part);
      pasteRgba(image, rgbaFromPlanar(pixels), moved(partBounds, plan.maskBounds));
    }
    const edge = { featherPx, within: fillTransparent ? null : source };
    return cutToSelection(image, selection, moved(plan.maskBounds, plan.contextBounds), edge);
  }

  /** One image of the whole context for each fill of the batch. */
  private async _preview(step: WalkStep, batch: Batch): Promise<RgbaImage[]> {
    const images = this._imagesAt(batch.level);
    const { network, width, height, bounds } = this._request.plan.levels[batch.level];
    const { contextBounds } = this._request.plan;
    const isWhole = bounds.width === contextBounds.width && bounds.height === contextBounds.height;
    const pixels = network === 'model' && isWhole ? await step.readPreview() : null;
    if (pixels) return splitPixels(pixels, { width, height });
    const x0Hats = splitBatch(await step.readX0Hat(), images.known);
    const whole = x0Hats.map((image) => withKnown(image, images));
    if (network === 'model' && isWhole) return whole.map(rgbaFromPlanar);
    return whole.map((image, k) =>
      rgbaFromPlanar(this._together(batch.fill + k, { image, matches: null, level: batch.level })),
    );
  }

  /** The parts of a fill so far, laid over the context. */
  private _together(fill: number, latest: PartResult): PlanarImage {
    const { plan, source } = this._request;
    const { width, height } = plan.contextBounds;
    const scale = Math.min(1, previewSide / Math.max(width, height));
    const size = { width: Math.ceil(width * scale), height: Math.ceil(height * scale) };
    this._previewBase ??= planarAtSize(source, size, this._unknown);
    const { part } = plan.levels[latest.level];
    const earlier = [...(this._finished.get(fill)?.values() ?? [])];
    const others = earlier.filter(({ level }) => plan.levels[level].part !== part);
    return [...others, latest].reduce((under, result) => {
      const level = plan.levels[result.level];
      const window = levelWindow(level);
      const place = moved(level.bounds, plan.contextBounds);
      const toX = (x: number) => (place.x + (x * place.width) / level.width) * scale;
      const toY = (y: number) => (place.y + (y * place.height) / level.height) * scale;
      const [x, y] = [Math.floor(toX(window.x)), Math.floor(toY(window.y))];
      const right = Math.min(size.width, Math.ceil(toX(window.x + window.width)));
      const bottom = Math.min(size.height, Math.ceil(toY(window.y + window.height)));
      const fitted = resizePlanar(result.image, { width: right - x, height: bottom - y });
      return pastePlanar(under, fitted, x, y);
    }, this._previewBase);
  }

  private async _snapshot(step: WalkStep, batch: Batch): Promise<FillSnapshot> {
    const { level, fill, size } = batch;
    const finished = [...this._finished].flatMap(([fill, parts]) =>
      [...parts.values()].map(({ level, image, matches }) => ({
        level,
        fill,
        data: image.data,
        matches: matches?.places ?? null,
      })),
    );
    const position = { group: this._group, level, fill, images: size, finished };
    return { ...position, ...(await step.snapshot()) };
  }

  /** Throws: RepaintError when the snapshot is not of this request. */
  private _goTo({ level, fill, group, finished, images, xt }: FillSnapshot): void {
    const { levels } = this._request.plan;
    const valuesAt = (at: number) => {
      if (!levels[at]) return -1;
      const { width, height } = levelWindow(levels[at]);
      return 3 * width * height;
    };
    const isFitting =
      group.batches.length === levels.length &&
      group.fill + group.fills <= this._request.seeds.length &&
      xt.length === images * valuesAt(level) &&
      finished.every(({ level, data }) => data.length === valuesAt(level));
    if (!isFitting)
      throw new RepaintError('badRequest', 'the snapshot is not of this request: start it anew.');
    [this._level, this._fill] = [level, fill];
    for (const { level, fill, data, matches } of finished) {
      const { part, width, height } = levels[level];
      const window = levelWindow(levels[level]);
      const parts = this._finished.get(fill) ?? new Map<number, PartResult>();
      parts.set(part, {
        level,
        image: { width: window.width, height: window.height, channels: 3, data },
        matches: matches && { size: { width, height }, window, places: matches },
      });
      this._finished.set(fill, parts);
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
    if (this._level === this._request.plan.levels.length) {
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
  const { transition, xt, x0Hat, memory } = from;
  return { transition, xt: slice(xt), x0Hat: x0Hat && slice(x0Hat), memory };
}

/** Parts a batch's pixels into its images. Shapes: pixels [N*H*W*4]. */
function splitPixels(
  pixels: Uint8ClampedArray<ArrayBuffer>,
  { width, height }: { width: number; height: number },
): RgbaImage[] {
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
