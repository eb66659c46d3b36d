/** The networks that the photo makes for its levels, and what one level hands to the next. */
import { CpuSamplerState } from '../core/cpu-state.js';
import type { KnownPixels } from '../core/known-region.js';
import type { Network } from '../core/network.js';
import { PhiloxNoise } from '../core/noise.js';
import { widen, type Rect, type Size } from '../image/geometry.js';
import { cropPlanar, pastePlanar, type PlanarImage } from '../image/planar.js';
import { removeSeam } from '../image/seam.js';
import { CoherentNetwork, coherentPatch } from '../prior/coherent-network.js';
import { ExactNetwork } from '../prior/exact-network.js';
import type { Matches, PhotoImages } from '../prior/photo-images.js';
import type { PriorKernels } from '../prior/prior-kernels.js';
import { RepaintError } from '../protocol/failure.js';
import type { FillLevel } from '../protocol/fill.js';

/** Around the window, as far as the correction of the edge's colours looks. */
const seamMargin = 16;
/** Searches on the enlarged image before noise is added, with and without matches to begin with. */
const firstSearches = { known: 3, unknown: 10 };

/**
 * The window of a level that is walked: all of it, or what a part covers with the patches around.
 * Units: pixels of the level.
 */
export function levelWindow({ network, width, height, bounds, partBounds }: FillLevel): Rect {
  if (network !== 'coherent') return { x: 0, y: 0, width, height };
  const [scaleX, scaleY] = [width / bounds.width, height / bounds.height];
  const x = Math.floor((partBounds.x - bounds.x) * scaleX);
  const y = Math.floor((partBounds.y - bounds.y) * scaleY);
  const right = Math.ceil((partBounds.x + partBounds.width - bounds.x) * scaleX);
  const bottom = Math.ceil((partBounds.y + partBounds.height - bounds.y) * scaleY);
  const part = { x, y, width: right - x, height: bottom - y };
  return widen(part, (coherentPatch >> 1) + 1, { width, height });
}

/** Longer side of the region at which its lines are looked for: thin ones show, noise does not. */
const lineSide = 300;

/** The level whose size the lines of a part are looked for at: the photo's finest of that size. */
export function lineLevel(levels: readonly FillLevel[], part: number): FillLevel {
  const own = levels.filter((level) => level.part === part && level.network !== 'model');
  const side = ({ width, bounds, partBounds }: FillLevel) =>
    (width / bounds.width) * Math.max(partBounds.width, partBounds.height);
  return own.filter((level) => side(level) <= lineSide).at(-1) ?? own[0];
}

/** A network of the photo, and its matches once it has been walked; to be released. */
export type PhotoNetwork = Network & { matches(): Promise<Matches>; release(): void };

export interface PhotoNetworkInput {
  readonly level: FillLevel;
  readonly images: PhotoImages;
  readonly seed: number;
  /** Of the level before, where the photo made that too. */
  readonly coarser: Matches | null;
  /** The clean image the level starts from, null at the first. Shapes: of the window. */
  readonly start: PlanarImage | null;
  /** True where the network's memory is about to be restored. */
  readonly isResumed: boolean;
  /** By default WebAssembly. */
  readonly kernels?: PriorKernels;
}

/** Throws: RepaintError badRequest where nothing of the photo is known, outOfMemory. */
export async function openPhotoNetwork(input: PhotoNetworkInput): Promise<PhotoNetwork> {
  const { level, images, seed, coarser, start, isResumed, kernels } = input;
  try {
    if (level.network === 'exact') return await ExactNetwork.open(images, kernels);
    const options = { patch: level.patch, kernels };
    const network = await CoherentNetwork.open(images, seed, coarser, options);
    const searches = coarser ? firstSearches.known : firstSearches.unknown;
    if (start) network.lookAt(start.data, isResumed ? 0 : searches);
    return network;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const isMemory = /memory|allocat|maximum/i.test(error.message);
    if (isMemory)
      throw new RepaintError(
        'outOfMemory',
        `There is no memory for ${images.known.width} x ${images.known.height} pixels: mark a smaller region.`,
        { cause: error },
      );
    throw new RepaintError(
      'badRequest',
      'The region leaves no part of the photo to continue from: mark less, or fill from a model.',
      { cause: error },
    );
  }
}

/** The sampler's state around a photo's network; noise as for a model's. */
export function photoState(
  network: Network,
  pixels: KnownPixels,
  { width, height }: Size,
  place: { seed: number; level: number },
): CpuSamplerState {
  const noise = new PhiloxNoise([place.seed], place.level);
  return new CpuSamplerState({ shape: [1, 3, height, width], network, noise, pixels });
}

/** Fits a finished window's colours to the photo at the region's edge. Shapes: of the window. */
export function fitEdge(image: PlanarImage, { known, keepMask, window }: PhotoImages): PlanarImage {
  const around = widen(window, seamMargin, known);
  const whole = pastePlanar(
    cropPlanar(known, around),
    image,
    window.x - around.x,
    window.y - around.y,
  );
  const { width, height } = known;
  const mask = cropPlanar({ width, height, channels: 1, data: keepMask }, around);
  const fitted = removeSeam(whole, cropPlanar(known, around), mask.data);
  return cropPlanar(fitted, {
    ...window,
    x: window.x - around.x,
    y: window.y - around.y,
  });
}
