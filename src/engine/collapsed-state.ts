/**
 * Renoise steps without a network call between them, drawn as one: q(x_t | x_s) is Gaussian for
 * any t > s, so one draw has the same law as the steps one by one. It is not the same draw: a
 * parity test against the official order, or against a state that is not collapsed, leaves it out.
 */
import type {
  DenoiseStep,
  QSampleStep,
  RenoiseStep,
  SamplerState,
  StateImages,
} from '../core/sampler-state.js';
import type { ImageShape } from '../core/network.js';

/**
 * Composes two forward steps: x := b.signal * (a.signal * x + a.sigma * z1) + b.sigma * z2.
 * The result is keyed by the later transition. Source: DDPM eq. 4, between any two steps.
 */
export function composeRenoise(a: RenoiseStep, b: RenoiseStep): RenoiseStep {
  return { ...b, signal: a.signal * b.signal, sigma: Math.hypot(b.signal * a.sigma, b.sigma) };
}

/** Passes everything on to another state; renoise steps wait until something else is asked. */
export class CollapsedState implements SamplerState {
  private _pending: RenoiseStep | null = null;

  constructor(private readonly _state: SamplerState) {}

  get shape(): ImageShape {
    return this._state.shape;
  }

  get device(): string {
    return this._state.device;
  }

  get callsPerStep(): number {
    return this._state.callsPerStep;
  }

  start(): Promise<void> {
    this._pending = null;
    return this._state.start();
  }

  startFrom(x0: Float32Array, step: QSampleStep): Promise<void> {
    this._pending = null;
    return this._state.startFrom(x0, step);
  }

  async denoise(step: DenoiseStep): Promise<void> {
    await this._flush();
    return this._state.denoise(step);
  }

  async renoise(step: RenoiseStep): Promise<void> {
    this._pending = this._pending ? composeRenoise(this._pending, step) : step;
  }

  /** Replaces x, so that renoise steps before it do not matter. */
  restart(step: QSampleStep): Promise<void> {
    this._pending = null;
    return this._state.restart(step);
  }

  async readXt(): Promise<Float32Array> {
    await this._flush();
    return this._state.readXt();
  }

  readX0Hat(): Promise<Float32Array | null> {
    return this._state.readX0Hat();
  }

  restore(images: StateImages): Promise<void> {
    this._pending = null;
    return this._state.restore(images);
  }

  private async _flush(): Promise<void> {
    const pending = this._pending;
    this._pending = null;
    if (pending) await this._state.renoise(pending);
  }
}
