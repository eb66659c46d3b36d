/** Tries batches on the GPU, where each size is a session of its own. */
import type { ImageShape } from '../../core/network.js';
import type { BatchQuestion } from '../../protocol/fill.js';
import { RepaintError } from '../../protocol/failure.js';
import type { Precision } from '../../protocol/compute-device.js';
import type { BatchTrials, IdleTime } from '../batch-chooser.js';
import { batchDifference } from './batch-check.js';
import { inErrorScopes } from './error-scopes.js';
import type { OrtGpuNetwork } from './gpu-network.js';
import type { GpuNetworks } from './gpu-networks.js';

/** Three check the captured graph, up to two compare with the image alone, four measure. */
const callsPerTrial = 9;
/** Kernels of another batch may sum in another order: shares of the answer that this may cost. */
const allowedDifference = { float32: 1e-4, float16: 0.03 } as const;

/** Shape of the network's batch: under guidance class and no class go in one call. */
export function networkShape({ shape, callsPerStep }: BatchQuestion, images: number): ImageShape {
  return [images * callsPerStep, shape[1], shape[2], shape[3]];
}

/** The backend's part of a trial. */
export interface GpuTrialsOptions {
  readonly device: GPUDevice;
  readonly networks: GpuNetworks;
  readonly precision: Precision;
  /** Median ms of a call, the GPU's work included. Throws: when the idle time is over. */
  readonly measure: (network: OrtGpuNetwork, idle: IdleTime | null) => Promise<number>;
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

  msPerPixel(): number | null {
    return this._options.msPerPixel();
  }

  fits(question: BatchQuestion, images: number): boolean {
    return this._options.networks.fits(networkShape(question, 1), images);
  }

  /** Throws: also where an image in the batch is not answered as it is alone. */
  async open(question: BatchQuestion, images: number): Promise<void> {
    await this._watched(async () => {
      const network = await this._network(question, images);
      if (images > 1) await this._compare(await this._network(question, 1), network);
    });
  }

  async measure(question: BatchQuestion, images: number, idle: IdleTime | null): Promise<number> {
    const { measure } = this._options;
    return this._watched(async () => measure(await this._network(question, images), idle));
  }

  release(question: BatchQuestion, images: number): Promise<void> {
    return this._options.networks.release(networkShape(question, images));
  }

  private async _compare(one: OrtGpuNetwork, many: OrtGpuNetwork): Promise<void> {
    const { device, precision } = this._options;
    const difference = await batchDifference(device, one, many);
    if (difference <= allowedDifference[precision]) return;
    throw new RepaintError('internal', `A batch's answers differ by ${difference} from one's.`);
  }

  private _network(question: BatchQuestion, images: number): Promise<OrtGpuNetwork> {
    return this._options.networks.acquire(networkShape(question, images), 1);
  }

  private _watched<T>(task: () => Promise<T>): Promise<T> {
    return inErrorScopes(this._options.device, ['validation', 'out-of-memory'], task);
  }
}
