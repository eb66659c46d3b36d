/** What a fill will do, before it starts: context crop, levels and the exact number of calls. */
import type { DiffusionConfig } from '../core/diffusion.js';
import { callsPerStep, type Guidance } from '../core/guidance.js';
import { planWalk, type WalkPlan } from '../core/walk.js';
import { contextBounds } from '../image/context.js';
import { unionOf, type Rect, type Size } from '../image/geometry.js';
import { levelSizes } from '../image/levels.js';
import type { Coverage } from '../image/raster.js';
import { regionParts, type RegionPart } from '../image/regions.js';
import { photoDiffusion, photoRefineDiffusion } from '../prior/photo-chain.js';
import type { FillLevel, FillPlan, FillSettings } from '../protocol/fill.js';
import type { ModelCard } from '../protocol/model-card.js';
import {
  holeWithin,
  levelsAbove,
  photoContext,
  photoLevels,
  type PhotoLevel,
} from './photo-levels.js';

/** A model's finest level; the picture's own pixels beyond it come from enlarging, or the photo. */
const maxLevelSize = 256;

export interface PlanInput {
  /** The image being filled, raster pixels. */
  readonly imageSize: Size;
  /** Bounds of the grown selection, raster pixels. */
  readonly maskBounds: Rect;
  /** The grown selection within these bounds; null = all of them. */
  readonly selection?: Coverage | null;
  /** Null where only the photo fills. */
  readonly card: ModelCard | null;
  readonly settings: FillSettings;
  /** How far fills may go from a chosen one: 0 = nearly the same, 1 (default) = all anew. */
  readonly strength?: number;
}

/** Returns how the network is conditioned: the class asked for, for each image of a batch. */
export function guidanceFor(settings: FillSettings, card: ModelCard, images: number): Guidance {
  const { classLabel, guidanceScale } = settings;
  const { nullClassLabel } = card;
  const isKnown = classLabel === null || card.classes.some(({ label }) => label === classLabel);
  if (!isKnown) throw new RangeError(`${card.id} has no class with the label ${classLabel}`);
  return {
    classLabels: classLabel === null ? null : new Int32Array(images).fill(classLabel),
    nullClassLabel,
    scale: nullClassLabel === null ? 1 : guidanceScale,
  };
}

/** Where the network itself knows no classes, the guidance scale is that of its classifier. */
export function classifierScaleFor({ guidanceScale }: FillSettings, card: ModelCard): number {
  return card.classifier && card.nullClassLabel === null ? guidanceScale : 0;
}

/** The chain a level walks. Throws: RangeError when it is a model's and there is none. */
export function levelDiffusion(
  { network, startTimestep }: Pick<FillLevel, 'network' | 'startTimestep'>,
  card: ModelCard | null,
): DiffusionConfig {
  if (network !== 'model') return startTimestep === null ? photoDiffusion : photoRefineDiffusion;
  return modelOf(card).diffusion;
}

/** Throws: RangeError when there is none. */
export function modelOf(card: ModelCard | null): ModelCard {
  if (card) return card;
  throw new RangeError('these levels need a model: load one, or fill from the photo');
}

/**
 * Plans the walk of one level, the same for the plan shown and the run that follows.
 * Throws: RangeError when a setting is out of range.
 */
export function planLevelWalk(
  level: Pick<FillLevel, 'network' | 'walk' | 'startTimestep'>,
  settings: FillSettings,
  card: ModelCard | null,
): WalkPlan {
  const isModel = level.network === 'model';
  return planWalk(level.walk, levelDiffusion(level, card), {
    startTimestep: level.startTimestep,
    callsPerStep: isModel ? callsPerStep(guidanceFor(settings, modelOf(card), 1)) : 1,
  });
}

/** Walk and start of a model's level; null where there are no settings for it. */
function modelLevel({ coarse, refine }: FillSettings, level: number): LevelWalk | null {
  if (level === 0) return { walk: coarse, startTimestep: null };
  const settings = refine[Math.min(level, refine.length) - 1];
  if (!settings) return null;
  const { startTimestep, ...walk } = settings;
  return { walk, startTimestep };
}

type LevelWalk = Pick<FillLevel, 'walk' | 'startTimestep'>;

function modelLevels(context: Size, settings: FillSettings, card: ModelCard): PhotoLevel[] {
  const sizes = levelSizes(context, { ...card.network, maxSize: maxLevelSize });
  return sizes.flatMap((size, index): PhotoLevel[] => {
    const walk = modelLevel(settings, index);
    return walk ? [{ ...size, network: 'model', patch: 0, ...walk }] : [];
  });
}

/**
 * The levels that are left when a fill starts from a chosen one: the finest few, the first of them
 * from a share of its noise, so that with the strength first detail changes, then shapes.
 * Source: SDEdit (Meng et al. 2022), with its strength spread over the levels.
 */
function levelsFrom(levels: PhotoLevel[], strength: number, card: ModelCard | null): PhotoLevel[] {
  if (!(strength >= 0 && strength <= 1))
    throw new RangeError(`strength must lie in 0..1, got ${strength}`);
  const depth = strength * levels.length;
  const index = levels.length - 1 - Math.floor(depth);
  if (index < 0) return levels;
  const [first, ...finer] = levels.slice(index);
  const most = first.startTimestep ?? levelDiffusion(first, card).numTrainTimesteps - 1;
  return [{ ...first, startTimestep: Math.round((depth % 1) * most) }, ...finer];
}

/** What a part is filled from, and how. */
function partLevels(part: RegionPart, input: PlanInput): { bounds: Rect; levels: PhotoLevel[] } {
  const { imageSize, maskBounds, selection, card, settings } = input;
  if (settings.prior === 'photo') {
    const bounds = photoContext(part, imageSize);
    const hole = holeWithin(selection ?? wholly(maskBounds), maskBounds, bounds);
    return { bounds, levels: photoLevels(part, hole, settings.photo) };
  }
  const bounds = contextBounds(part.bounds, imageSize);
  const model = modelLevels(bounds, settings, modelOf(card));
  if (settings.prior === 'model') return { bounds, levels: model };
  // A model's larger levels are the softer ones; the photo does them better.
  const shapes = model.slice(0, 1);
  return { bounds, levels: [...shapes, ...levelsAbove(shapes[0], bounds, settings.photo)] };
}

function wholly({ width, height }: Size): Coverage {
  return { width, height, data: new Uint8Array(width * height).fill(255) };
}

function partsOf({ maskBounds, selection }: PlanInput): RegionPart[] {
  if (!selection) {
    const { width, height } = maskBounds;
    return [{ bounds: maskBounds, thickness: Math.min(width, height), area: width * height }];
  }
  return regionParts(selection).map((part) => ({
    ...part,
    bounds: { ...part.bounds, x: part.bounds.x + maskBounds.x, y: part.bounds.y + maskBounds.y },
  }));
}

/**
 * Plans a fill: pure, and shown to the user before the start. Parts of the region that lie far apart
 * have a crop and levels of their own, one part after the other.
 * Without refine settings a model walks only its first level.
 * Throws: RangeError when the mask bounds are empty, a setting is out of range, a model is needed and
 * there is none, or the region leaves nothing of the photo to fill from.
 */
export function planFill(input: PlanInput): FillPlan {
  const { imageSize, maskBounds, card, settings, strength = 1 } = input;
  contextBounds(maskBounds, imageSize);
  const levels = partsOf(input).flatMap((part, index): FillLevel[] => {
    const planned = partLevels(part, input);
    return levelsFrom(planned.levels, strength, card).map((level) => ({
      ...level,
      part: index,
      partBounds: part.bounds,
      bounds: planned.bounds,
      nfe: planLevelWalk(level, settings, card).nfe,
    }));
  });
  const nfe = levels.reduce((sum, level) => sum + level.nfe, 0);
  return { maskBounds, contextBounds: unionOf(levels.map(({ bounds }) => bounds)), levels, nfe };
}
