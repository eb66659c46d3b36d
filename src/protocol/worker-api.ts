/**
 * Messages between the panel and its worker. The panel knows the worker as a URL and these types.
 * One job runs at a time; later `fill` messages queue in the worker in order.
 */
import type { RgbaImage } from '../image/raster.js';
import type { Backend, ComputeDevice, Precision } from './compute-device.js';
import type { FailureCode } from './failure.js';
import type { FillGroup, FillPlan, FillProgress, FillRequest, FillSettings } from './fill.js';
import type { ModelCard } from './model-card.js';
import type { ModelSource } from './model-shelf-api.js';

export interface DeviceInfo extends ComputeDevice {
  /** Where the sampler's own steps are computed. */
  readonly sampler: 'gpu' | 'cpu';
  /** True where calls replay what was recorded once, instead of being encoded anew. */
  readonly isCaptured: boolean;
  /** Why WebGPU is not used, or null. */
  readonly fallbackReason: string | null;
  /** Whether the model came from, or went to, persistent storage. */
  readonly storage: 'opfs' | 'memory';
}

/**
 * Where an unfinished request stands, so that a new worker can go on after the GPU was lost.
 * Opaque to the panel: keep the last one of a job and send it back with the same request.
 */
export interface FillCheckpoint {
  /** The fills that go through the levels together, and how many of them at once. */
  readonly group: FillGroup;
  readonly level: number;
  /** The batch that is walked: index into seeds of its first fill, and its images. */
  readonly fill: number;
  readonly images: number;
  /** Transitions of the level that are done. */
  readonly transition: number;
  /** x_t and the predicted clean images after them. Shapes: [images*C*H*W]. */
  readonly xt: Float32Array;
  readonly x0Hat: Float32Array;
  /** The group's images at the levels they are done with. */
  readonly finished: readonly FinishedImage[];
}

/** What the network made of one fill at one level. */
export interface FinishedImage {
  readonly level: number;
  readonly fill: number;
  /** Shapes: [C*H*W]. */
  readonly xt: Float32Array;
}

/** Sent from the panel to the worker. */
export type ToWorker =
  /** First message, so that the worker loads the model and warms up while the user chooses. */
  | {
      readonly kind: 'load';
      readonly model: ModelSource;
      /** Forces a backend (tests, the panel's advanced section); null = choose. */
      readonly backend: Backend | null;
      /** Forces a precision on WebGPU; null = the faster of those that prove right. */
      readonly precision?: Precision | null;
      /** The worker before this one lost its GPU or hung: fills are made one by one. */
      readonly isAfterLoss?: boolean;
    }
  /**
   * What the user is about to ask for, so that the worker loads and measures it meanwhile. Never
   * holds up a fill by more than the loading of one size; of several the last one counts.
   */
  | {
      readonly kind: 'prepare';
      readonly plan: FillPlan;
      readonly settings: FillSettings;
      readonly fills: number;
    }
  /** `resume`: the job's last checkpoint, after the worker that had it was replaced. */
  | {
      readonly kind: 'fill';
      readonly request: FillRequest;
      readonly resume?: FillCheckpoint | null;
    }
  /** Stops the job between two network calls; a queued job is dropped. */
  | { readonly kind: 'cancel'; readonly jobId: string };

/** Sent from the worker to the panel. */
export type FromWorker =
  | { readonly kind: 'loading'; readonly loadedBytes: number; readonly totalBytes: number }
  | {
      readonly kind: 'ready';
      readonly card: ModelCard;
      readonly device: DeviceInfo;
      /** Measured in warm-up at the model's native size. */
      readonly msPerCall: number;
    }
  | { readonly kind: 'queued'; readonly jobId: string; readonly position: number }
  | { readonly kind: 'progress'; readonly jobId: string; readonly progress: FillProgress }
  /** The predicted image for the context, so that the user sees it grow; one for each fill. */
  | {
      readonly kind: 'preview';
      readonly jobId: string;
      readonly fill: number;
      readonly image: RgbaImage;
    }
  /** Every few seconds, so that a lost GPU costs no more than those. */
  | {
      readonly kind: 'checkpoint';
      readonly jobId: string;
      readonly checkpoint: FillCheckpoint;
    }
  /** One fill is finished: a PNG of plan.maskBounds with alpha. */
  | {
      readonly kind: 'filled';
      readonly jobId: string;
      readonly fill: number;
      readonly seed: number;
      readonly png: Blob;
    }
  | { readonly kind: 'done'; readonly jobId: string; readonly outcome: 'complete' | 'cancelled' }
  /** jobId null: loading failed. */
  | {
      readonly kind: 'failed';
      readonly jobId: string | null;
      readonly code: FailureCode;
      readonly message: string;
    };
