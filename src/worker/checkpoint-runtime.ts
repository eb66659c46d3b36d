/**
 * A runtime that knows where its walk stands. It takes checkpoints between calls, and after a loss
 * it lets the walk run dry up to the checkpoint: skipped steps do nothing, then the images are
 * restored. Noise is counter-based, so the rest is what it would have been.
 */
import type { SamplerState } from '../core/sampler-state.js';
import type { FillRuntime, LevelSetup } from '../fill/runtime.js';
import type { RgbaImage } from '../image/raster.js';
import type { ModelCard } from '../protocol/model-card.js';
import type { FillCheckpoint } from '../protocol/worker-api.js';
import { FinishedLevel, TrackedState } from './tracked-state.js';

/** Wraps the runtime of one request. Levels are walked in order, fill after fill. */
export class CheckpointRuntime implements FillRuntime {
  readonly card: ModelCard;
  private _started = 0;
  private _state: TrackedState | null = null;
  private _results: Float32Array[] = [];

  /** `resume`: the first fill walked is the checkpoint's. */
  constructor(
    private readonly _runtime: FillRuntime,
    private readonly _levels: number,
    private readonly _resume: FillCheckpoint | null,
  ) {
    this.card = _runtime.card;
  }

  /** True while the walk runs dry up to the checkpoint: nothing of it is news. */
  get isReplaying(): boolean {
    return this._state === null || this._state.isReplaying;
  }

  async createState(setup: LevelSetup): Promise<SamplerState> {
    const level = this._started++ % this._levels;
    if (level === 0) this._results = [];
    const resume = this._started <= this._levels ? this._resume : null;
    if (resume && level < resume.level) {
      const result = resume.levelResults[level];
      this._results[level] = result;
      return new FinishedLevel(setup, result);
    }
    const state = await this._runtime.createState(setup);
    const point = resume?.level === level ? resume : null;
    this._state = new TrackedState(state, point, (xt) => (this._results[level] = xt));
    return this._state;
  }

  /** The predicted image as the state itself renders it, or null where it cannot. */
  async preview(): Promise<RgbaImage | null> {
    return (await this._state?.preview()) ?? null;
  }

  /** Copies where the walk stands, or null before the first call of a level. */
  async take(): Promise<FillCheckpoint | null> {
    const state = this._state;
    if (!state?.hasPosition) return null;
    const started = this._started - 1;
    const level = started % this._levels;
    const position = {
      fill: Math.floor(started / this._levels) + (this._resume?.fill ?? 0),
      level,
      transition: state.transition,
      levelResults: this._results.slice(0, level),
    };
    const { xt, x0Hat } = await state.images();
    return x0Hat && { ...position, xt, x0Hat };
  }
}
