/** Tries batches on the GPU, where each size is a session of its own. */
import type { ImageShape } from '../../core/network.js';
import type { BatchQuestion } from '../../protocol/fill.js';
import type { BatchTrials } from '../batch-chooser.js';
import { inErrorScopes } from './error-scopes.js';
import type { OrtGpuNetwork } from './gpu-network.js';
import type { GpuNetworks } from './gpu-networks.js';

/** Three of the check of the captured graph, four of the measurement. */
const callsPerTrial = 7;

/** Shape of the network's batch: under guidance class and no class go in one call. */
export function networkShape({ shape, callsPerStep }: BatchQuestion, images: number): ImageShape {
  return [images * callsPerStep, shape[1], shape[2], shape[3]];
}

/** The backend's part of a trial. */
export interface GpuTrialsOptions {
  readonly device: GPUDevice;
  readonly networks: GpuNetworks;
  /** Median ms of a call, the GPU's work included. */
  readonly measure: (network: OrtGpuNetwork) => Promise<number>;
  /** ms of a call for each pixel of one image, measured in warm-up; null before. */
  readonly msPerPixel: () => number | null;
}

/** A batch that the GPU refuses, or reports anything about, has failed. */
export class GpuTrials implements BatchTrials {
  readonly callsPerTrial = callsPerTrial;
  readonly joinsGuidedCalls = true;

  constructor(private readonly _options: GpuTrialsOptions) {}

  get openMs(): number {
    return this._options.networks.openMs;
  }

  expectedMs({ shape }: BatchQuestion): number | null {
    const msPerPixel = this._options.msPerPixel();
    return msPerPixel === null ? null : msPerPixel * shape[2] * shape[3];
  }

  fits(question: BatchQuestion, images: number): boolean {
    return this._options.networks.fits(networkShape(question, 1), images);
  }

  async open(question: BatchQuestion, images: number): Promise<void> {
    await this._watched(() => this._network(question, images));
  }

  async measure(question: BatchQuestion, images: number): Promise<number> {
    const { measure } = this._options;
    return this._watched(async () => measure(await this._network(question, images)));
  }

  release(question: BatchQuestion, images: number): Promise<void> {
    return this._options.networks.release(networkShape(question, images));
  }

  private _network(question: BatchQuestion, images: number): Promise<OrtGpuNetwork> {
    return this._options.networks.acquire(networkShape(question, images), 1);
  }

  private _watched<T>(task: () => Promise<T>): Promise<T> {
    return inErrorScopes(this._options.device, ['validation', 'out-of-memory'], task);
  }
}
