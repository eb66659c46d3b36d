/** What a fill will do, before it starts: context crop, levels and the exact number of calls. */
import { callsPerStep, type Guidance } from '../core/guidance.js';
import { planWalk, type WalkPlan } from '../core/walk.js';
import { contextBounds } from '../image/context.js';
import type { Rect, Size } from '../image/geometry.js';
import { levelSizes } from '../image/levels.js';
import type { FillLevel, FillPlan, FillSettings } from '../protocol/fill.js';
import type { ModelCard } from '../protocol/model-card.js';

/** The finest level; the picture's own pixels beyond it come from enlarging. */
const maxLevelSize = 256;

export interface PlanInput {
  /** The image being filled, raster pixels. */
  readonly imageSize: Size;
  /** Bounds of the selection, raster pixels. */
  readonly maskBounds: Rect;
  readonly card: ModelCard;
  readonly settings: FillSettings;
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

/**
 * Plans the walk of one level, the same for the plan shown and the run that follows.
 * Throws: RangeError when a setting is out of range.
 */
export function planLevelWalk(
  level: Pick<FillLevel, 'walk' | 'startTimestep'>,
  settings: FillSettings,
  card: ModelCard,
): WalkPlan {
  return planWalk(level.walk, card.diffusion, {
    startTimestep: level.startTimestep,
    callsPerStep: callsPerStep(guidanceFor(settings, card, 1)),
  });
}

/** Walk and start of a level; null where there are no settings for it. */
function levelSettings(
  { coarse, refine }: FillSettings,
  level: number,
): Pick<FillLevel, 'walk' | 'startTimestep'> | null {
  if (level === 0) return { walk: coarse, startTimestep: null };
  const settings = refine[Math.min(level, refine.length) - 1];
  if (!settings) return null;
  const { startTimestep, ...walk } = settings;
  return { walk, startTimestep };
}

function planLevel(
  size: Size,
  level: Pick<FillLevel, 'walk' | 'startTimestep'>,
  settings: FillSettings,
  card: ModelCard,
): FillLevel {
  return { ...size, ...level, nfe: planLevelWalk(level, settings, card).nfe };
}

/**
 * Plans a fill: pure, and shown to the user before the start.
 * Without refine settings only the first level is walked.
 * Throws: RangeError when the mask bounds are empty or a setting is out of range.
 */
export function planFill({ imageSize, maskBounds, card, settings }: PlanInput): FillPlan {
  const context = contextBounds(maskBounds, imageSize);
  const sizes = levelSizes(context, { ...card.network, maxSize: maxLevelSize });
  const levels = sizes.flatMap((size, index): FillLevel[] => {
    const settled = levelSettings(settings, index);
    return settled ? [planLevel(size, settled, settings, card)] : [];
  });
  const nfe = levels.reduce((sum, level) => sum + level.nfe, 0);
  return { maskBounds, contextBounds: context, levels, nfe };
}
