/** Where sampler states come from: the GPU with its own kernels, or the CPU around a session. */
import type { ImageShape } from '../core/network.js';
import type { SamplerState } from '../core/sampler-state.js';
import type { BatchQuestion } from '../protocol/fill.js';
import type { IdleTime } from './batch-chooser.js';
import type { Precision } from '../protocol/compute-device.js';
import type { DeviceInfo } from '../protocol/worker-api.js';
import type { StateSetup } from './state-setup.js';

/** Makes states of one model; one is in use at a time. */
export interface StateBackend {
  /** Where the states' own steps are computed. */
  readonly sampler: DeviceInfo['sampler'];
  /** True where the network's calls replay what was recorded once. */
  readonly isCaptured: boolean;
  /** Of the network's activations. */
  readonly precision: Precision;
  /** Throws: RepaintError deviceLost, outOfMemory, modelShape. */
  createState(setup: StateSetup): Promise<SamplerState>;
  /**
   * Makes the slow first calls of that shape, then measures.
   * Returns: median milliseconds of a network call.
   */
  warmUp(shape: ImageShape): Promise<number>;
  /**
   * How many images to make at once: measured, within what a fill that waits can spare.
   * Never throws.
   */
  chooseBatch(question: BatchQuestion): Promise<number>;
  /** Tells that a chosen batch found no room after all: it is let go and not chosen again. */
  rejectBatch(question: BatchQuestion, images: number): Promise<void>;
  /**
   * Measures in idle time and loads what a fill of that level will use. Stops between two calls
   * when the time is over. Throws: RepaintError deviceLost, outOfMemory, modelShape.
   */
  prepare(question: BatchQuestion, idle: IdleTime): Promise<void>;
  release(): Promise<void>;
}
