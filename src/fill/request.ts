/** From a picture and a planned fill to the request the worker and the command line run. */
import { cropCoverage, cropRgba } from '../image/planar.js';
import type { Coverage, RgbaImage } from '../image/raster.js';
import type { FillPlan, FillRequest, FillSettings } from '../protocol/fill.js';

export interface RequestInput {
  readonly jobId: string;
  readonly plan: FillPlan;
  readonly settings: FillSettings;
  /** The whole picture and its selection, raster pixels. */
  readonly picture: RgbaImage;
  readonly selection: Coverage;
  readonly seeds: readonly number[];
  /** A fill of the whole picture's size that these vary; null to begin with noise. */
  readonly chosen?: RgbaImage | null;
}

/** Cuts picture and selection to the plan's context. Throws: RangeError when it leaves the picture. */
export function contextRequest(input: RequestInput): FillRequest {
  const { jobId, plan, settings, picture, selection, seeds, chosen = null } = input;
  return {
    jobId,
    plan,
    settings,
    source: cropRgba(picture, plan.contextBounds),
    selection: cropCoverage(selection, plan.contextBounds),
    seeds,
    chosen: chosen && cropRgba(chosen, plan.contextBounds),
  };
}
