/** Runs a planned fill: each level walked in turn, coarse to fine, then cut to the selection. */
import type { WalkStep } from '../core/sampler.js';
import { compositeFill } from '../image/composite.js';
import { growCoverage } from '../image/coverage.js';
import type { Rect } from '../image/geometry.js';
import { rgbaFromPlanar, type PlanarImage } from '../image/planar.js';
import type { RgbaImage } from '../image/raster.js';
import { RepaintError } from '../protocol/failure.js';
import type { BatchQuestion, FillGroup, FillPlan, FillRequest } from '../protocol/fill.js';
import { batchQuestions, chooseBatches } from './batches.js';
import { levelImages, splitBatch, walkLevel, withKnown, type LevelImages } from './level-walk.js';
import type { FillRuntime } from './runtime.js';

/** A network call has been made for each of some images, or a fill is finished. */
export type FillEvent =
  | {
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
    }
  | {
      readonly kind: 'filled';
      readonly fill: number;
      readonly seed: number;
      /** Pixels of plan.maskBounds, alpha 0 outside the selection. */
      readonly layer: RgbaImage;
    };

type CallEvent = Extract<FillEvent, { kind: 'call' }>;

/** Fills made at once at one level. */
interface Batch {
  readonly level: number;
  readonly fill: number;
  readonly size: number;
}

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
 * `start`: the group to begin with, of a request that is resumed.
 * Throws: RepaintError when the request does not fit the model; what the runtime throws.
 */
export async function* runFill(
  request: FillRequest,
  runtime: FillRuntime,
  start: FillGroup | null = null,
): AsyncGenerator<FillEvent, void, void> {
  checkRequest(request, runtime.card.network.channels);
  const fills = request.seeds.length;
  const run = new GroupRun(request, runtime);
  let batches = start?.batches ?? (await chooseBatches(request, runtime));
  let group: FillGroup = start ?? { fill: 0, fills: Math.max(...batches), batches };
  while (group.fill < fills) {
    const size = Math.min(group.fills, fills - group.fill);
    batches = yield* run.walk({ ...group, fills: size });
    group = { fill: group.fill + size, fills: Math.max(...batches), batches };
  }
}

/** Walks groups of one request. */
class GroupRun {
  private readonly _images: readonly LevelImages[];
  private readonly _questions: readonly BatchQuestion[];

  constructor(
    private readonly _request: FillRequest,
    private readonly _runtime: FillRuntime,
  ) {
    const hole = growCoverage(_request.selection, _request.settings.growPx);
    this._images = _request.plan.levels.map((level) => levelImages(level, _request, hole));
    const { plan, settings, seeds } = _request;
    this._questions = batchQuestions(plan, settings, seeds.length, _runtime.card);
  }

  /** Returns: the batch sizes for what follows, smaller where memory ran out. */
  async *walk(group: FillGroup): AsyncGenerator<FillEvent, readonly number[], void> {
    const { levels } = this._request.plan;
    let { batches } = group;
    let coarser: PlanarImage[] | null = null;
    for (let level = 0; level < levels.length; level++) {
      const made: PlanarImage[] = [];
      while (made.length < group.fills) {
        const size = Math.min(batches[level], group.fills - made.length);
        const batch = { level, fill: group.fill + made.length, size };
        const from = coarser?.slice(made.length, made.length + size) ?? null;
        const images = yield* this._walkBatch(batch, { ...group, batches }, from);
        if (!images) {
          await this._runtime.rejectBatch(this._questions[level], size);
          batches = batches.map(() => 1);
        } else if (level === levels.length - 1) yield* this._filled(batch, images);
        made.push(...(images ?? []));
      }
      coarser = made;
    }
    return batches;
  }

  /** Returns: an image for each fill, or null where memory is too short for so many at once. */
  private async *_walkBatch(
    batch: Batch,
    group: FillGroup,
    coarser: readonly PlanarImage[] | null,
  ): AsyncGenerator<FillEvent, PlanarImage[] | null, void> {
    const { level, fill, size } = batch;
    const images = this._images[level];
    const walk = walkLevel(this._request, this._runtime, {
      level: this._request.plan.levels[level],
      images,
      place: { level, fill, group },
      seeds: this._request.seeds.slice(fill, fill + size),
      coarser,
    });
    for (;;) {
      const next = await walk.next().catch((error: unknown) => {
        if (isTooMuchAtOnce(error, size)) return null;
        throw error;
      });
      if (!next) return null;
      if (next.done) return next.value;
      yield this._callEvent(next.value, batch, group);
    }
  }

  private *_filled(batch: Batch, images: readonly PlanarImage[]): Generator<FillEvent, void, void> {
    const { plan, selection, settings, seeds } = this._request;
    for (const [k, image] of images.entries()) {
      const fill = batch.fill + k;
      const layer = compositeFill(image, selection, layerPlace(plan), settings.featherPx);
      yield { kind: 'filled', fill, seed: seeds[fill], layer };
    }
  }

  private _callEvent(step: WalkStep, batch: Batch, group: FillGroup): CallEvent {
    const images = this._images[batch.level];
    const callsLeft = this._callsLeft(step, batch, group);
    const nfeTotal = this._request.plan.nfe * this._request.seeds.length;
    return {
      kind: 'call',
      fill: batch.fill,
      batch: batch.size,
      level: batch.level,
      nfe: nfeTotal - callsLeft.reduce((sum, calls) => sum + calls, 0),
      nfeTotal,
      callsLeft,
      preview: async () =>
        splitBatch(await step.readX0Hat(), images.known).map((image) =>
          rgbaFromPlanar(withKnown(image, images)),
        ),
    };
  }

  /** The group is done with the coarser levels, and with this level for the fills before. */
  private _callsLeft(step: WalkStep, batch: Batch, group: FillGroup): number[] {
    const { plan, seeds } = this._request;
    return plan.levels.map(({ nfe }, level) => {
      if (level < batch.level) return nfe * (seeds.length - group.fill - group.fills);
      if (level > batch.level) return nfe * (seeds.length - group.fill);
      return nfe * (seeds.length - batch.fill) - step.nfe * batch.size;
    });
  }
}

function isTooMuchAtOnce(error: unknown, size: number): boolean {
  return size > 1 && error instanceof RepaintError && error.code === 'outOfMemory';
}
