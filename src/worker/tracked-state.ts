/** States of a walk that may go on from a checkpoint: they know, or skip, what has been done. */
import { guidanceCalls } from '../core/guidance.js';
import type { ImageShape } from '../core/network.js';
import type {
  DenoiseStep,
  QSampleStep,
  RenoiseStep,
  SamplerState,
  StateImages,
} from '../core/sampler-state.js';
import { GpuSamplerState } from '../engine/gpu/gpu-state.js';
import type { LevelSetup } from '../fill/runtime.js';
import type { RgbaImage } from '../image/raster.js';

/** A level that was finished before the loss: every step does nothing, its result is known. */
export class FinishedLevel implements SamplerState {
  readonly device = 'checkpoint';
  readonly callsPerStep: number;
  readonly shape: ImageShape;

  constructor(
    { shape, guidance }: LevelSetup,
    private readonly _result: Float32Array,
  ) {
    this.shape = shape;
    this.callsPerStep = guidanceCalls(guidance, shape[0]).length;
  }

  async start(): Promise<void> {}
  async startFrom(): Promise<void> {}
  async denoise(): Promise<void> {}
  async renoise(): Promise<void> {}
  async restart(): Promise<void> {}
  async restore(): Promise<void> {}
  readXt = async (): Promise<Float32Array> => this._result.slice();
  readX0Hat = async (): Promise<Float32Array> => this._result.slice();
}

/** Where a level is resumed: transitions before it are skipped. */
export interface ResumePoint extends StateImages {
  readonly transition: number;
}

/** Passes on to a state, counts its transitions, and skips those before the resume point. */
export class TrackedState implements SamplerState {
  /** Transitions done. */
  transition = 0;

  constructor(
    private readonly _state: SamplerState,
    private _resume: ResumePoint | null,
    private readonly _onRead: (xt: Float32Array) => void,
  ) {}

  get shape(): ImageShape {
    return this._state.shape;
  }

  get device(): string {
    return this._state.device;
  }

  get callsPerStep(): number {
    return this._state.callsPerStep;
  }

  get isReplaying(): boolean {
    return this._resume !== null && this.transition < this._resume.transition;
  }

  /** False before the first transition, and until a resumed walk has its images back. */
  get hasPosition(): boolean {
    return this._resume === null && this.transition > 0;
  }

  async start(): Promise<void> {
    if (!this._resume) await this._state.start();
  }

  async startFrom(x0: Float32Array, step: QSampleStep): Promise<void> {
    if (!this._resume) await this._state.startFrom(x0, step);
  }

  denoise(step: DenoiseStep): Promise<void> {
    return this._move(step, () => this._state.denoise(step));
  }

  renoise(step: RenoiseStep): Promise<void> {
    return this._move(step, () => this._state.renoise(step));
  }

  restart(step: QSampleStep): Promise<void> {
    return this._move(step, () => this._state.restart(step));
  }

  /** The walk reads x_t when the level is over. */
  async readXt(): Promise<Float32Array> {
    await this._restore();
    const xt = await this._state.readXt();
    this._onRead(xt);
    return xt;
  }

  async readX0Hat(): Promise<Float32Array | null> {
    await this._restore();
    return this._state.readX0Hat();
  }

  async restore(images: StateImages): Promise<void> {
    this._resume = null;
    await this._state.restore(images);
  }

  /** Rendered where the state lies, an image for each; null where it is not on the GPU. */
  async preview(): Promise<RgbaImage[] | null> {
    if (!(this._state instanceof GpuSamplerState)) return null;
    await this._restore();
    const [n, , height, width] = this.shape;
    const size = 4 * height * width;
    const pixels = await this._state.readPreview();
    return Array.from({ length: n }, (_, k) => ({
      width,
      height,
      data: pixels.slice(k * size, (k + 1) * size),
    }));
  }

  /** Copies both images as they are now; the walk may go on meanwhile. */
  async images(): Promise<StateImages> {
    const [xt, x0Hat] = await Promise.all([this._state.readXt(), this._state.readX0Hat()]);
    return { xt, x0Hat };
  }

  private async _move(step: { transition: number }, move: () => Promise<void>): Promise<void> {
    const isSkipped = this._resume !== null && step.transition < this._resume.transition;
    if (!isSkipped) {
      await this._restore();
      await move();
    }
    this.transition = step.transition + 1;
  }

  private async _restore(): Promise<void> {
    if (!this._resume) return;
    const images = this._resume;
    this._resume = null;
    await this._state.restore(images);
  }
}
