/** Runs a planned fill: each level walked in turn, coarse to fine, then cut to the selection. */
import { compositeKnown } from '../core/composite.js';
import { createDiffusion } from '../core/diffusion.js';
import type { ImageShape } from '../core/network.js';
import { PhiloxNoise } from '../core/noise.js';
import { runWalk, type WalkStep } from '../core/sampler.js';
import { compositeFill } from '../image/composite.js';
import { growCoverage } from '../image/coverage.js';
import { rgbaFromPlanar, type PlanarImage } from '../image/planar.js';
import type { Coverage, RgbaImage } from '../image/raster.js';
import { keepMaskAtSize, planarAtSize, resizePlanar } from '../image/resize.js';
import { keepLowFrequencies, removeSeam } from '../image/seam.js';
import { RepaintError } from '../protocol/failure.js';
import type { FillLevel, FillRequest } from '../protocol/fill.js';
import { guidanceFor, planLevelWalk } from './plan.js';
import type { FillRuntime } from './runtime.js';

/** A network call has been made, or a fill is finished. */
export type FillEvent =
  | {
      readonly kind: 'call';
      readonly fill: number;
      readonly level: number;
      /** Network calls done over all fills of the request, and in total. */
      readonly nfe: number;
      readonly nfeTotal: number;
      /** Renders the predicted image at the level's size; reads it back only when called. */
      preview(): Promise<RgbaImage>;
    }
  | {
      readonly kind: 'filled';
      readonly fill: number;
      readonly seed: number;
      /** Pixels of plan.maskBounds, alpha 0 outside the selection. */
      readonly layer: RgbaImage;
    };

/**
 * Sigma, in pixels of the finer level, above which detail is the coarser level's: two of its pixels.
 * Larger sizes drift towards white where the network saw only small crops.
 */
const structureSigma = 4;

/** The picture and its keep mask at one level's size. */
interface LevelImages {
  readonly known: PlanarImage;
  readonly keepMask: Float32Array;
  readonly shape: ImageShape;
}

function levelImages(level: FillLevel, request: FillRequest, hole: Coverage): LevelImages {
  return {
    known: planarAtSize(request.source, level),
    keepMask: keepMaskAtSize(hole, level),
    shape: [1, 3, level.height, level.width],
  };
}

/** Known pixels from the picture, the others from the sampled image. */
function withKnown(sampled: PlanarImage, { known, keepMask, shape }: LevelImages): PlanarImage {
  return { ...sampled, data: compositeKnown(sampled.data, known.data, keepMask, shape) };
}

function checkRequest({ plan, source, selection }: FillRequest, channels: number): void {
  const { width, height } = plan.contextBounds;
  const isFitting = [source, selection].every((it) => it.width === width && it.height === height);
  if (!isFitting) {
    throw new RepaintError(
      'badRequest',
      `source and selection must be the context's ${width} x ${height} pixels, got ` +
        `${source.width} x ${source.height} and ${selection.width} x ${selection.height}.`,
    );
  }
  if (channels !== 3)
    throw new RepaintError(
      'modelShape',
      `expected a network for RGB images, got ${channels} channels.`,
    );
}

/**
 * Makes the request's fills one after another, yielding after each network call and each fill.
 * To cancel, stop pulling. Fills finished before are unaffected by what follows.
 * A finer level starts from the enlarged coarser result, re-noised to the plan's middle step, and
 * keeps its low frequencies; after each level the colours are fitted to the picture at the edge.
 * Throws: RepaintError when the request does not fit the model; what the runtime throws.
 */
export async function* runFill(
  request: FillRequest,
  runtime: FillRuntime,
): AsyncGenerator<FillEvent, void, void> {
  checkRequest(request, runtime.card.network.channels);
  const { plan, selection, settings, seeds } = request;
  const hole = growCoverage(selection, settings.growPx);
  const images = plan.levels.map((level) => levelImages(level, request, hole));
  const { maskBounds, contextBounds } = plan;
  const place = {
    ...maskBounds,
    x: maskBounds.x - contextBounds.x,
    y: maskBounds.y - contextBounds.y,
  };
  for (const [fill, seed] of seeds.entries()) {
    let result: PlanarImage | null = null;
    let done = fill * plan.nfe;
    for (const [index, level] of plan.levels.entries()) {
      const walk = walkLevel(
        request,
        runtime,
        { index, level, images: images[index], seed },
        result,
      );
      let next = await walk.next();
      for (; !next.done; next = await walk.next()) {
        yield callEvent(next.value, request, { fill, level: index, done }, images[index]);
      }
      result = next.value;
      done += level.nfe;
    }
    if (!result) throw new RepaintError('badRequest', 'the plan has no level to walk.');
    const layer = compositeFill(result, selection, place, settings.featherPx);
    yield { kind: 'filled', fill, seed, layer };
  }
}

interface LevelJob {
  readonly index: number;
  readonly level: FillLevel;
  readonly images: LevelImages;
  readonly seed: number;
}

async function* walkLevel(
  { settings }: FillRequest,
  runtime: FillRuntime,
  { index, level, images, seed }: LevelJob,
  coarser: PlanarImage | null,
): AsyncGenerator<WalkStep, PlanarImage, void> {
  const { card } = runtime;
  const { known, keepMask, shape } = images;
  const plan = planLevelWalk(level, settings, card);
  const start = coarser && withKnown(resizePlanar(coarser, level), images);
  const state = await runtime.createState({
    shape,
    noise: new PhiloxNoise([seed], index),
    pixels: { known: known.data, keepMask },
    guidance: guidanceFor(settings, card, 1),
  });
  const diffusion = createDiffusion(card.diffusion, plan.timesteps);
  const data = yield* runWalk({
    plan,
    diffusion,
    state,
    startImage: start?.data ?? null,
    collapseRenoise: true,
  });
  const walked = withKnown({ ...known, data }, images);
  const structured = start ? keepLowFrequencies(walked, start, structureSigma) : walked;
  return withKnown(removeSeam(structured, known, keepMask), images);
}

function callEvent(
  step: WalkStep,
  request: FillRequest,
  at: { fill: number; level: number; done: number },
  images: LevelImages,
): FillEvent {
  return {
    kind: 'call',
    fill: at.fill,
    level: at.level,
    nfe: at.done + step.nfe,
    nfeTotal: request.plan.nfe * request.seeds.length,
    preview: async () =>
      rgbaFromPlanar(withKnown({ ...images.known, data: await step.readX0Hat() }, images)),
  };
}
