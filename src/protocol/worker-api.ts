/**
 * Messages between the panel and its worker. The panel knows the worker as a URL and these types.
 * One job runs at a time; later `fill` messages queue in the worker in order.
 */
import type { RgbaImage } from '../image/raster.js';
import type { Backend, ComputeDevice, Precision, StorageKind } from './compute-device.js';
import type { FailureCode } from './failure.js';
import type { FillPlan, FillProgress, FillRequest, FillSettings, FillSnapshot } from './fill.js';
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
  readonly storage: StorageKind;
}

/** Sent from the panel to the worker. */
export type ToWorker =
  /** Before the first fill by a model, so that it loads and warms up while the user chooses. */
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
  /**
   * `resume`: the job's last snapshot, after the worker that took it was replaced. `modelSha256`: of
   * the weights the job was planned for; with others it is refused. `backend`: forces where the
   * photo's levels are computed; null or absent = choose.
   */
  | {
      readonly kind: 'fill';
      readonly request: FillRequest;
      readonly resume?: FillSnapshot | null;
      readonly modelSha256?: string;
      readonly backend?: Backend | null;
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
  | { readonly kind: 'snapshot'; readonly jobId: string; readonly snapshot: FillSnapshot }
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
