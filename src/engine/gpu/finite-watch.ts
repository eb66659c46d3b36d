/** Looks now and then whether a network output held NaN or infinity, without waiting for the GPU. */
import { NonFiniteOutputError } from '../../core/non-finite.js';
import type { DenoiseStep } from '../../core/sampler-state.js';
import type { FiniteReport } from './gpu-buffers.js';

/** Calls between two looks. */
const callsPerLook = 16;

export interface FiniteWatchOptions {
  /** Values of one network output. */
  readonly total: number;
  readonly device: string;
  /** Copies the report as it is after everything submitted so far. */
  readonly readReport: () => Promise<FiniteReport>;
}

/** Knows which calls the next report may be about. */
export class FiniteWatch {
  private _unchecked: DenoiseStep[] = [];
  private _lastLook: Promise<void> = Promise.resolve();

  constructor(private readonly _options: FiniteWatchOptions) {}

  /** Forgets an earlier walk. */
  reset(): void {
    this._unchecked = [];
    this._lastLook = Promise.resolve();
  }

  /** Takes note of a call. Throws: NonFiniteOutputError of an earlier one. */
  async called(step: DenoiseStep): Promise<void> {
    this._unchecked.push(step);
    if (this._unchecked.length < callsPerLook) return;
    await this._lastLook;
    this._lastLook = this._look(this._unchecked);
    // Told at the next look, or when the images are read.
    this._lastLook.catch(() => undefined);
    this._unchecked = [];
  }

  /** Checks every call so far. Throws: NonFiniteOutputError. */
  async check(): Promise<void> {
    await Promise.all([this._lastLook, this._look(this._unchecked)]);
  }

  private async _look(steps: readonly DenoiseStep[]): Promise<void> {
    const { transition, count, min, max } = await this._options.readReport();
    const step = steps.find((candidate) => candidate.transition === transition);
    if (!step) return;
    const { t, timestep } = step;
    const { total, device } = this._options;
    throw new NonFiniteOutputError({ t, timestep, transition, device, count, total, min, max });
  }
}
