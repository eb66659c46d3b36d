/** One level of some fills, walked together: from the coarser results to the level's own. */
import { compositeKnown } from '../core/composite.js';
import { createDiffusion } from '../core/diffusion.js';
import type { ImageShape } from '../core/network.js';
import { PhiloxNoise } from '../core/noise.js';
import { runWalk, type WalkSnapshot, type WalkStep } from '../core/sampler.js';
import type { PlanarImage } from '../image/planar.js';
import type { Coverage } from '../image/raster.js';
import { keepMaskAtSize, planarAtSize, resizePlanar } from '../image/resize.js';
import { isGreyImage, toGrey } from '../image/source-pixels.js';
import { keepLowFrequencies, removeSeam } from '../image/seam.js';
import type { FillLevel, FillRequest } from '../protocol/fill.js';
import { classifierScaleFor, guidanceFor, planLevelWalk } from './plan.js';
import type { FillRuntime } from './runtime.js';

/**
 * Sigma, in pixels of the finer level, above which detail is the coarser level's: two of its pixels.
 * Larger sizes drift towards white where the network saw only small crops.
 */
const structureSigma = 4;

/** The picture and its keep mask at one level's size. */
export interface LevelImages {
  readonly known: PlanarImage;
  readonly keepMask: Float32Array;
  /** Of one image. */
  readonly shape: ImageShape;
  /** A grey photo stays grey. */
  readonly isGrey: boolean;
}

/** Scales what is given to a level's size; what is unknown is neither seen nor kept. */
export function levelImages(
  level: FillLevel,
  { source }: FillRequest,
  unknown: Coverage,
): LevelImages {
  return {
    known: planarAtSize(source, level, unknown),
    keepMask: keepMaskAtSize(unknown, level),
    shape: [1, 3, level.height, level.width],
    isGrey: isGreyImage(source),
  };
}

/** Known pixels from the picture, the others from the sampled image, in grey beside grey ones. */
export function withKnown(
  sampled: PlanarImage,
  { known, keepMask, shape, isGrey }: LevelImages,
): PlanarImage {
  const { data } = isGrey ? toGrey(sampled) : sampled;
  return { ...sampled, data: compositeKnown(data, known.data, keepMask, shape) };
}

/** Parts a batch into its images. Shapes: batch [N*C*H*W], image of [C, H, W]. */
export function splitBatch(batch: Float32Array, image: PlanarImage): PlanarImage[] {
  const size = image.data.length;
  return Array.from({ length: batch.length / size }, (_, k) => ({
    ...image,
    data: batch.slice(k * size, (k + 1) * size),
  }));
}

function joinImages(images: readonly PlanarImage[]): Float32Array {
  const size = images[0].data.length;
  const batch = new Float32Array(images.length * size);
  images.forEach(({ data }, k) => batch.set(data, k * size));
  return batch;
}

/** Some fills at one level. */
export interface LevelJob {
  /** Index into the plan's levels. */
  readonly level: number;
  readonly images: LevelImages;
  /** One per image. */
  readonly seeds: readonly number[];
  /** The images' results at the level before; null at the first. */
  readonly coarser: readonly PlanarImage[] | null;
  /** Goes on from here instead of starting. */
  readonly resume: WalkSnapshot | null;
}

/** The walk's image with the known pixels, the coarser structure and the edge's colours. */
function finish(walked: PlanarImage, start: PlanarImage | null, images: LevelImages): PlanarImage {
  const complete = withKnown(walked, images);
  const structured = start ? keepLowFrequencies(complete, start, structureSigma) : complete;
  return withKnown(removeSeam(structured, images.known, images.keepMask), images);
}

/**
 * Walks one level of some fills at once, yielding after each network call.
 * Returns: the level's images, one per seed. Throws: what the runtime throws.
 */
export async function* walkLevel(
  { plan: { levels }, settings }: FillRequest,
  runtime: FillRuntime,
  { level, images, seeds, coarser, resume }: LevelJob,
): AsyncGenerator<WalkStep, PlanarImage[], void> {
  const { card } = runtime;
  const { known, keepMask, shape } = images;
  const plan = planLevelWalk(levels[level], settings, card);
  const starts = coarser?.map((it) => withKnown(resizePlanar(it, levels[level]), images)) ?? null;
  const state = await runtime.createState({
    shape: [seeds.length, shape[1], shape[2], shape[3]],
    noise: new PhiloxNoise(seeds, level),
    pixels: { known: known.data, keepMask },
    guidance: guidanceFor(settings, card, seeds.length),
    classifierScale: classifierScaleFor(settings, card),
  });
  const walked = yield* runWalk({
    plan,
    diffusion: createDiffusion(card.diffusion, plan.timesteps),
    state,
    startImage: starts && joinImages(starts),
    resume,
    collapseRenoise: true,
  });
  return splitBatch(walked, known).map((image, k) => finish(image, starts?.[k] ?? null, images));
}
