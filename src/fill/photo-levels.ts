/** Which levels the photo itself makes of a part of the region: sizes, networks and walks. */
import { widen, type Rect, type Size } from '../image/geometry.js';
import type { Coverage } from '../image/raster.js';
import type { RegionPart } from '../image/regions.js';
import { keepMaskAtSize } from '../image/resize.js';
import { coherentPatch } from '../prior/coherent-network.js';
import { exactPatch } from '../prior/exact-network.js';
import { KnownCounts } from '../prior/photo-images.js';
import type { FillLevel, LevelNetwork, PhotoSettings } from '../protocol/fill.js';

/** A level before its place in the plan is known. */
export type PhotoLevel = Size & Pick<FillLevel, 'network' | 'patch' | 'walk' | 'startTimestep'>;

/** Of the part's longer side: how much around it is seen, on each side. */
const surroundings = 0.4;
const leastSurroundings = 16;
/** The first level's longer side, and how thick the region still is on it; pixels. */
const least = { side: 24, thickness: 5 };
/** Pairs of places and patches up to which the first level is exact: a second or two. */
const mostPairs = 1_500_000;
/** Pixels of the finest level; a crop of more is filled smaller and enlarged. */
const mostPixels = 16_000_000;
/** A first level's result is looked over at its own size from here, where little noise is left. */
const touchUpTimestep = 60;

/** The crop a part is filled from. */
export function photoContext({ bounds }: RegionPart, picture: Size): Rect {
  const longer = Math.max(bounds.width, bounds.height);
  return widen(bounds, Math.round(surroundings * longer) + leastSurroundings, picture);
}

/** Places where a patch of some size is wholly known, and pixels that are not, at a level. */
function knownAt(hole: Coverage, size: Size): { sources: number; exactSources: number } {
  const keepMask = keepMaskAtSize(hole, size);
  const counts = new KnownCounts({ known: size, keepMask });
  let [sources, exactSources] = [0, 0];
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      if (counts.isSource(x, y, exactPatch >> 1)) exactSources++;
      if (counts.isSource(x, y, coherentPatch >> 1)) sources++;
    }
  }
  return { sources, exactSources };
}

function sizeAt(context: Size, scale: number): Size {
  const side = (length: number) => Math.max(coherentPatch + 2, Math.round(length * scale));
  return { width: side(context.width), height: side(context.height) };
}

/** Sizes from the picture's own pixels down, each half the one before. */
function scalesDown(context: Size, thickness: number): number[] {
  const own = Math.min(1, Math.sqrt(mostPixels / (context.width * context.height)));
  const longer = Math.max(context.width, context.height);
  const scales = [own];
  for (let scale = own / 2; scale * longer >= least.side; scale /= 2) {
    if (scale * thickness < least.thickness) break;
    scales.push(scale);
  }
  return scales;
}

/**
 * Plans the photo's levels for one part, coarse to fine.
 * `hole`: what is unknown in the context, all parts of the region. Shapes: of the context's size.
 * Throws: RangeError when no patch of the context is known even at its own size.
 */
export function photoLevels(
  { thickness }: RegionPart,
  hole: Coverage,
  { coarse, refine }: PhotoSettings,
): PhotoLevel[] {
  const scales = scalesDown(hole, thickness);
  while (scales.length > 1 && knownAt(hole, sizeAt(hole, scales.at(-1)!)).sources === 0)
    scales.pop();
  const first = sizeAt(hole, scales.at(-1)!);
  const { sources, exactSources } = knownAt(hole, first);
  if (sources === 0)
    throw new RangeError(
      'the region leaves no part of the photo to continue from: mark less, or fill from a model',
    );
  const unknown = first.width * first.height - exactSources;
  const network: LevelNetwork = exactSources * unknown <= mostPairs ? 'exact' : 'coherent';
  const { startTimestep, ...walk } = refine;
  const start: PhotoLevel = {
    ...first,
    network,
    patch: exactPatch,
    walk: coarse,
    startTimestep: null,
  };
  const touchUp = { ...start, network: 'coherent', walk, startTimestep: touchUpTimestep } as const;
  const finer = scales
    .slice(0, -1)
    .reverse()
    .map(
      (scale) =>
        ({
          ...sizeAt(hole, scale),
          network: 'coherent',
          patch: coherentPatch,
          walk,
          startTimestep,
        }) as const,
    );
  return [start, touchUp, ...finer];
}

/** Sizes from a model's result to the picture's own pixels, each at most twice the one before. */
export function levelsAbove(
  from: Size,
  context: Size,
  { refine: { startTimestep, ...walk } }: PhotoSettings,
): PhotoLevel[] {
  const own = Math.min(1, Math.sqrt(mostPixels / (context.width * context.height)));
  const scales = [own];
  while ((scales[0] / 2) * context.width > 0.75 * from.width) scales.unshift(scales[0] / 2);
  return scales.map((scale) => ({
    ...sizeAt(context, scale),
    network: 'coherent',
    patch: coherentPatch,
    walk,
    startTimestep,
  }));
}

/** The selection within a crop of the picture, which may reach beyond the selection's bounds. */
export function holeWithin(selection: Coverage, at: Rect, crop: Rect): Coverage {
  const data = new Uint8Array(crop.width * crop.height);
  for (let y = 0; y < selection.height; y++) {
    const row = at.y + y - crop.y;
    if (row < 0 || row >= crop.height) continue;
    const from = Math.max(0, crop.x - at.x);
    const to = Math.min(selection.width, crop.x + crop.width - at.x);
    if (to <= from) continue;
    const line = selection.data.subarray(y * selection.width + from, y * selection.width + to);
    data.set(line, row * crop.width + at.x + from - crop.x);
  }
  return { width: crop.width, height: crop.height, data };
}
