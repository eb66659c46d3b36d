/** One level of some fills, walked together: from the coarser results to the level's own. */
import { compositeKnown } from '../core/composite.js';
import { createDiffusion } from '../core/diffusion.js';
import type { ImageShape } from '../core/network.js';
import { PhiloxNoise } from '../core/noise.js';
import { runWalk, type WalkSnapshot, type WalkStep } from '../core/sampler.js';
import { moved, type Rect } from '../image/geometry.js';
import {
  cropCoverage,
  cropPlanar,
  cropRgba,
  pastePlanar,
  type PlanarImage,
} from '../image/planar.js';
import type { Coverage } from '../image/raster.js';
import { keepMaskAtSize, planarAtSize, resizePlanar } from '../image/resize.js';
import { isGreyImage, toGrey } from '../image/source-pixels.js';
import { keepLowFrequencies, removeSeam } from '../image/seam.js';
import { lineHints, type Line } from '../prior/lines.js';
import type { Matches, PhotoImages } from '../prior/photo-images.js';
import { stitch } from '../prior/stitch.js';
import { textureAtSize } from '../prior/texture.js';
import { findTrend, withTrend } from '../prior/trend.js';
import type { FillLevel, FillRequest } from '../protocol/fill.js';
import { fitEdge, levelWindow, openPhotoNetwork, photoState } from './photo-walk.js';
import { classifierScaleFor, guidanceFor, levelDiffusion, modelOf, planLevelWalk } from './plan.js';
import type { FillRuntime } from './runtime.js';

/**
 * Sigma, in pixels of the finer level, above which detail is the coarser level's: two of its pixels.
 * Larger sizes drift towards white where the network saw only small crops.
 */
const structureSigma = 4;

/** The picture and its keep mask at one level's size. */
export interface LevelImages {
  /** All that the level sees. */
  readonly photo: PhotoImages;
  /** Of it, the window that is walked. */
  readonly known: PlanarImage;
  readonly keepMask: Float32Array;
  /** Of one image. */
  readonly shape: ImageShape;
  /** A grey photo stays grey. */
  readonly isGrey: boolean;
}

/** What a level made of one fill: the window, known pixels put back. */
export interface LevelResult {
  readonly image: PlanarImage;
  /** Where the photo made it. */
  readonly matches: Matches | null;
}

/** Scales what is given to a level's size; what is unknown is neither seen nor kept. */
export function knownAt(level: FillLevel, { source, plan }: FillRequest, unknown: Coverage) {
  const crop = moved(level.bounds, plan.contextBounds);
  const [picture, hole] = [cropRgba(source, crop), cropCoverage(unknown, crop)];
  const { width, height } = level;
  const known = planarAtSize(picture, { width, height }, hole);
  return { picture, hole, known, keepMask: keepMaskAtSize(hole, level) };
}

/** All that a level is made from. */
export function levelImages(
  level: FillLevel,
  request: FillRequest,
  unknown: Coverage,
): LevelImages {
  const { picture, hole, known, keepMask } = knownAt(level, request, unknown);
  const { width, height } = level;
  const window = levelWindow(level);
  const mask = cropPlanar({ width, height, channels: 1, data: keepMask }, window);
  const isCompared = level.network === 'coherent';
  const texture = isCompared ? textureAtSize(picture, { width, height }, hole) : null;
  return {
    photo: { known, keepMask, texture, hints: null, window },
    known: cropPlanar(known, window),
    keepMask: mask.data,
    shape: [1, 3, window.height, window.width],
    isGrey: isGreyImage(picture),
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

/** A level's result enlarged or shrunk to a window of another size of the same crop. */
export function resized(
  { image }: LevelResult,
  { photo: { known, window } }: LevelImages,
  size: { width: number; height: number },
  part: Rect,
): PlanarImage {
  const isWhole = window.width === known.width && window.height === known.height;
  const whole = isWhole ? image : pastePlanar(known, image, window.x, window.y);
  return resizePlanar(whole, size, part);
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
  /** Of the photo, through the part; none at levels finer than where they were looked for. */
  readonly lines: readonly Line[];
  /** One per image. */
  readonly seeds: readonly number[];
  /** The images' results at the part's level before, and what that level saw; null at its first. */
  readonly coarser: {
    readonly results: readonly LevelResult[];
    readonly images: LevelImages;
  } | null;
  /** Goes on from here instead of starting. */
  readonly resume: WalkSnapshot | null;
}

/** The walk's image with the known pixels, the coarser structure and the edge's colours. */
function finish(walked: PlanarImage, start: PlanarImage | null, images: LevelImages): PlanarImage {
  const complete = withKnown(walked, images);
  const structured = start ? keepLowFrequencies(complete, start, structureSigma) : complete;
  return withKnown(removeSeam(structured, images.known, images.keepMask), images);
}

/** The chosen fill as a level sees it. */
function chosenAt(level: FillLevel, request: FillRequest, images: LevelImages): PlanarImage | null {
  const { source, chosen, plan } = request;
  if (!chosen) return null;
  const picture = { ...source, data: source.data.slice() };
  for (let i = 0; i < picture.data.length; i += 4) {
    if (chosen.data[i + 3] > 0) picture.data.set(chosen.data.subarray(i, i + 3), i);
  }
  const crop = cropRgba(picture, moved(level.bounds, plan.contextBounds));
  return withKnown(cropPlanar(planarAtSize(crop, level), images.photo.window), images);
}

/** Clean images at the level's own size to start from, null where it starts from noise. */
function startImages(
  level: FillLevel,
  request: FillRequest,
  { images, coarser, seeds }: LevelJob,
): PlanarImage[] | null {
  if (coarser)
    return coarser.results.map((result) =>
      withKnown(resized(result, coarser.images, level, images.photo.window), images),
    );
  const chosen = level.startTimestep === null ? null : chosenAt(level, request, images);
  return chosen && seeds.map(() => chosen);
}

/**
 * Walks one level of some fills at once, yielding after each network call.
 * Returns: the level's images, one per seed. Throws: what the runtime throws.
 */
export async function* walkLevel(
  request: FillRequest,
  runtime: FillRuntime,
  job: LevelJob,
): AsyncGenerator<WalkStep, LevelResult[], void> {
  const level = request.plan.levels[job.level];
  const walk = level.network === 'model' ? walkModel : walkPhoto;
  return yield* walk(request, runtime, level, job);
}

async function* walkModel(
  request: FillRequest,
  runtime: FillRuntime,
  level: FillLevel,
  job: LevelJob,
): AsyncGenerator<WalkStep, LevelResult[], void> {
  const { settings } = request;
  const { images, seeds, resume, coarser } = job;
  const { known, keepMask, shape } = images;
  const card = modelOf(runtime.card);
  const plan = planLevelWalk(level, settings, card);
  const starts = startImages(level, request, job);
  const state = await runtime.createState({
    shape: [seeds.length, shape[1], shape[2], shape[3]],
    noise: new PhiloxNoise(seeds, job.level),
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
  return splitBatch(walked, known).map((image, k) => ({
    image: finish(image, (coarser && starts?.[k]) ?? null, images),
    matches: null,
  }));
}

/** One fill: its network goes from match to match. */
async function* walkPhoto(
  request: FillRequest,
  { card, priorKernels }: FillRuntime,
  level: FillLevel,
  job: LevelJob,
): AsyncGenerator<WalkStep, LevelResult[], void> {
  const { images, resume, coarser } = job;
  const [seed] = job.seeds;
  const plan = planLevelWalk(level, request.settings, card);
  const start = startImages(level, request, job)?.[0] ?? null;
  const flat = flatImages(images);
  const flatStart = start && flat.flatten(start);
  const network = await openPhotoNetwork({
    level,
    images: { ...flat.photo, hints: lineHints(job.lines, flat.photo) },
    seed: (seed + 0x9e3779b9 * job.level) >>> 0,
    coarser: coarser?.results[0].matches ?? null,
    start: flatStart,
    isResumed: resume !== null,
    kernels: priorKernels,
  });
  const pixels = { known: flat.flatten(images.known).data, keepMask: images.keepMask };
  const walk = runWalk({
    plan,
    diffusion: createDiffusion(levelDiffusion(level, card), plan.timesteps),
    state: photoState(network, pixels, images.known, { seed, level: job.level }),
    startImage: flatStart?.data ?? null,
    resume,
    collapseRenoise: true,
  });
  const shaded = (data: Float32Array) => flat.shade({ ...images.known, data });
  try {
    let step = await walk.next();
    for (; !step.done; step = await walk.next()) {
      const { readX0Hat } = step.value;
      yield { ...step.value, readX0Hat: async () => shaded(await readX0Hat()).data };
    }
    const isLast = request.plan.levels[job.level + 1]?.part !== level.part;
    const matches = await network.matches();
    const walked = { ...images.known, data: step.value };
    const isPieced = level.network === 'coherent';
    const stitched = isPieced ? stitch(walked, matches, flat.photo) : walked;
    const image = withKnown(flat.shade(stitched), images);
    const fitted = isLast ? withKnown(fitEdge(image, images.photo), images) : image;
    return [{ image: fitted, matches }];
  } finally {
    network.release();
  }
}

/** A level's images without the slow change of their surroundings, where there is one. */
interface FlatImages {
  readonly photo: PhotoImages;
  /** Of images of the window. */
  flatten(image: PlanarImage): PlanarImage;
  shade(image: PlanarImage): PlanarImage;
}

function flatImages({ photo }: LevelImages): FlatImages {
  const trend = findTrend(photo);
  if (!trend) return { photo, flatten: (image) => image, shade: (image) => image };
  const whole = { x: 0, y: 0, width: photo.known.width, height: photo.known.height };
  return {
    photo: { ...photo, known: withTrend(photo.known, whole, trend, -1) },
    flatten: (image) => withTrend(image, photo.window, trend, -1),
    shade: (image) => withTrend(image, photo.window, trend, 1),
  };
}
