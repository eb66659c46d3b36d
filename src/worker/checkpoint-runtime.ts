/**
 * A runtime that knows where its walk stands. It takes checkpoints between calls, and after a loss
 * it lets the walk run dry up to the checkpoint: skipped steps do nothing, then the images are
 * restored. Noise is counter-based, so the rest is what it would have been.
 */
import type { SamplerState } from '../core/sampler-state.js';
import type { BatchPlace, FillRuntime, LevelSetup } from '../fill/runtime.js';
import type { RgbaImage } from '../image/raster.js';
import type { BatchQuestion } from '../protocol/fill.js';
import type { ModelCard } from '../protocol/model-card.js';
import type { FillCheckpoint, FinishedImage } from '../protocol/worker-api.js';
import { FinishedLevel, TrackedState } from './tracked-state.js';
import type { ResumePoint } from './tracked-state.js';

/** Wraps the runtime of one request. */
export class CheckpointRuntime implements FillRuntime {
  readonly card: ModelCard;
  private _place: BatchPlace | null = null;
  private _state: TrackedState | null = null;
  /** Of the group that is walked: what the network made of each image at the levels done. */
  private _finished: readonly FinishedImage[];

  /** `resume`: the first group walked is the checkpoint's. */
  constructor(
    private readonly _runtime: FillRuntime,
    private readonly _resume: FillCheckpoint | null,
  ) {
    this.card = _runtime.card;
    this._finished = _resume?.finished ?? [];
  }

  /** True while the walk runs dry up to the checkpoint: nothing of it is news. */
  get isReplaying(): boolean {
    return this._state === null || this._state.isReplaying;
  }

  chooseBatch(question: BatchQuestion): Promise<number> {
    return this._runtime.chooseBatch(question);
  }

  rejectBatch(question: BatchQuestion, images: number): Promise<void> {
    return this._runtime.rejectBatch(question, images);
  }

  async createState(setup: LevelSetup): Promise<SamplerState> {
    const { place } = setup;
    if (this._place && this._place.group.fill !== place.group.fill) this._finished = [];
    this._place = place;
    const results = this._resultsOf(setup);
    if (results) {
      this._state = null;
      return new FinishedLevel(setup, results);
    }
    const state = await this._runtime.createState(setup);
    const point = resumePoint(this._resume, setup);
    this._state = new TrackedState(state, point, (xt) => this._finish(setup, xt));
    return this._state;
  }

  /** The predicted images as the state itself renders them, or null where it cannot. */
  async preview(): Promise<RgbaImage[] | null> {
    return (await this._state?.preview()) ?? null;
  }

  /** Copies where the walk stands, or null before the first call of a level. */
  async take(): Promise<FillCheckpoint | null> {
    const state = this._state;
    if (!state?.hasPosition || !this._place) return null;
    const { group, level, fill } = this._place;
    const finished = this._finished;
    const position = { group, level, fill, transition: state.transition, finished };
    const { xt, x0Hat } = await state.images();
    return x0Hat && { ...position, images: state.shape[0], xt, x0Hat };
  }

  private _finish({ place, shape }: LevelSetup, xt: Float32Array): void {
    const images = Array.from({ length: shape[0] }, (_, k) => ({
      level: place.level,
      fill: place.fill + k,
      xt: imagesOf(xt, k, 1, shape[0]),
    }));
    this._finished = [...this._finished, ...images];
  }

  /** The whole batch's results, where they are known. Shapes: [N*C*H*W]. */
  private _resultsOf({ place, shape }: LevelSetup): Float32Array | null {
    const [n, c, h, w] = shape;
    const batch = new Float32Array(n * c * h * w);
    for (let k = 0; k < n; k++) {
      const known = this._finished.find(
        ({ level, fill }) => level === place.level && fill === place.fill + k,
      );
      if (!known) return null;
      batch.set(known.xt, k * c * h * w);
    }
    return batch;
  }
}

/** Some of a batch's images, one after another. Shapes: batch [of*C*H*W]. */
function imagesOf(batch: Float32Array, first: number, count: number, of: number): Float32Array {
  const size = batch.length / of;
  return batch.slice(first * size, (first + count) * size);
}

/** Where the checkpoint has these images, also when it had more of them in one batch. */
function resumePoint(
  resume: FillCheckpoint | null,
  { place, shape }: LevelSetup,
): ResumePoint | null {
  if (resume?.level !== place.level) return null;
  const { images, xt, x0Hat, transition } = resume;
  const [count] = shape;
  const first = place.fill - resume.fill;
  if (first < 0 || first + count > images) return null;
  const part = (batch: Float32Array) => imagesOf(batch, first, count, images);
  return { transition, xt: part(xt), x0Hat: part(x0Hat) };
}
