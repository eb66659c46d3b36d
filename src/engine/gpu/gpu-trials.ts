/** Tries batches on the GPU, where each size is a session of its own. */
import type { ImageShape } from '../../core/network.js';
import type { BatchQuestion } from '../../protocol/fill.js';
import type { BatchTrials } from '../batch-chooser.js';
import { inErrorScopes } from './error-scopes.js';
import type { GpuMemory } from './gpu-memory.js';
import type { BufferCount } from './gpu-memory.js';

/** Three of the check of the captured graph, four of the measurement. */
const callsPerTrial = 7;

/** Shape of the network's batch: under guidance class and no class go in one call. */
export function networkShape({ shape, callsPerStep }: BatchQuestion, images: number): ImageShape {
  return [images * callsPerStep, shape[1], shape[2], shape[3]];
}

/** The backend's part of a trial. */
export interface GpuTrialsOptions {
  readonly device: GPUDevice;
  readonly memory: GpuMemory;
  /** Opens a session, or finds it. */
  readonly open: (shape: ImageShape) => Promise<unknown>;
  readonly release: (shape: ImageShape) => Promise<void>;
  /** Median ms of a call, the GPU's work included. */
  readonly measure: (shape: ImageShape) => Promise<number>;
  /** What an open session of that shape has made; null where there is none. */
  readonly buffers: (shape: ImageShape) => BufferCount | null;
  /** ms of a call for each pixel of one image, measured in warm-up; null before. */
  readonly msPerPixel: () => number | null;
  /** ms the last session took to open. */
  readonly openMs: () => number;
}

/** A batch that the GPU refuses, or reports anything about, has failed. */
export class GpuTrials implements BatchTrials {
  readonly callsPerTrial = callsPerTrial;
  readonly joinsGuidedCalls = true;

  constructor(private readonly _options: GpuTrialsOptions) {}

  get openMs(): number {
    return this._options.openMs();
  }

  expectedMs({ shape }: BatchQuestion): number | null {
    const msPerPixel = this._options.msPerPixel();
    return msPerPixel === null ? null : msPerPixel * shape[2] * shape[3];
  }

  fits(question: BatchQuestion, images: number): boolean {
    const one = this._options.buffers(networkShape(question, 1));
    return one !== null && this._options.memory.fits(one, images);
  }

  async open(question: BatchQuestion, images: number): Promise<void> {
    await this._watched(() => this._options.open(networkShape(question, images)));
  }

  measure(question: BatchQuestion, images: number): Promise<number> {
    return this._watched(() => this._options.measure(networkShape(question, images)));
  }

  release(question: BatchQuestion, images: number): Promise<void> {
    return this._options.release(networkShape(question, images));
  }

  private _watched<T>(task: () => Promise<T>): Promise<T> {
    return inErrorScopes(this._options.device, ['validation', 'out-of-memory'], task);
  }
}
