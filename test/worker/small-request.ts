import { planFill } from '../../src/fill/plan.js';
import { contextRequest } from '../../src/fill/request.js';
import { coverageBounds } from '../../src/image/coverage.js';
import { cropCoverage } from '../../src/image/planar.js';
import type { Coverage, RgbaImage } from '../../src/image/raster.js';
import type { FillRequest, FillSettings } from '../../src/protocol/fill.js';
import type { ModelCard } from '../../src/protocol/model-card.js';

const width = 160;
const height = 120;

/** A sky above a meadow with stripes. */
function picture(): RgbaImage {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isSky = y < 50;
      const stripe = (x + 2 * y) % 16 < 8 ? 40 : 0;
      data.set(
        isSky ? [120 + y, 160 + y, 230, 255] : [60 + stripe, 140, 40, 255],
        4 * (y * width + x),
      );
    }
  }
  return { width, height, data };
}

/** An ellipse across the horizon. */
function marked(): Coverage {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [(i % width) - 80, Math.floor(i / width) - 60];
    if ((x / 22) ** 2 + (y / 18) ** 2 <= 1) data[i] = 255;
  }
  return { width, height, data };
}

const walk = {
  sampler: 'repaint',
  numInferenceSteps: 6,
  jumpLength: 2,
  resamplings: 2,
  eta: null,
} as const;

/** Few calls: what counts is that every machine makes the same picture of them. */
export const smallSettings: FillSettings = {
  prior: 'model',
  photo: { coarse: walk, refine: { ...walk, startTimestep: 300 } },
  coarse: walk,
  refine: [],
  classLabel: null,
  guidanceScale: 1,
  growPx: 1,
  fillTransparent: false,
  featherPx: 2,
};

/** A request of one 64 px level for a model, or of the photo's levels where there is none. */
export function smallRequest(
  card: ModelCard | null,
  jobId: string,
  seeds: readonly number[],
  settings = smallSettings,
): FillRequest {
  const region = marked();
  const maskBounds = coverageBounds(region)!;
  const selection = card ? undefined : cropCoverage(region, maskBounds);
  const plan = planFill({ imageSize: { width, height }, maskBounds, selection, card, settings });
  return contextRequest({ jobId, plan, settings, picture: picture(), selection: region, seeds });
}
