/**
 * What levels cost beside each other, so that a pace measured at one tells of the rest: on the panel
 * before a fill, in the worker while it runs. Pure.
 */
import type { FillLevel, FillPlan } from '../protocol/fill.js';
import type { ModelCard } from '../protocol/model-card.js';

/**
 * Milliseconds for a unit of the photo's own levels, before any was measured: a thousand pixels of
 * the region and a call, by few candidates. Source: `assets/samples/dahlia.jpg`, five regions, on a
 * core of 2.6 GHz; the factors below too. Half and twice as much occur.
 */
export const firstPhotoPace = 1.5;

/** For a million pairs of places and patches, where all are compared. */
const exactUnits = 15;
/** Candidates are searched for longer where nothing is known of them yet. */
const fromNoise = 2;
/** Before a level's first call: searches, and what is read of the photo, for a thousand pixels. */
const setUp = { calls: 4, context: 0.3 };

/** Thousands of pixels of the region that a call of the level makes. */
function regionUnits({ width, height, bounds, partBounds }: FillLevel): number {
  const scale = (width * height) / (bounds.width * bounds.height);
  return (partBounds.width * partBounds.height * scale) / 1000;
}

/** One call of a level: in calls at the model's native size, or in units of the photo's. */
export function callCost(level: FillLevel, card: Pick<ModelCard, 'network'> | null): number {
  const { network, width, height, startTimestep } = level;
  if (network === 'model') return (width * height) / (card?.network.nativeSize ?? 1) ** 2;
  const region = regionUnits(level);
  if (network === 'coherent') return startTimestep === null ? fromNoise * region : region;
  const known = Math.max(0, (width * height) / 1000 - region);
  // Thousands times thousands: millions of pairs.
  return exactUnits * region * known;
}

/** What a level of a fill costs before its first call; a model's sessions are opened ahead. */
export function setUpCost(level: FillLevel): number {
  if (level.network === 'model') return 0;
  const { width, height } = level.bounds;
  return setUp.calls * regionUnits(level) + (setUp.context * width * height) / 1000;
}

/** True for levels whose paces tell of each other. */
export function isOfModel({ network }: Pick<FillLevel, 'network'>): boolean {
  return network === 'model';
}

/** Returns the cost of all of a plan's levels that are the model's, or the photo's, for one fill. */
export function planCost(
  { levels }: FillPlan,
  card: Pick<ModelCard, 'network'> | null,
  ofModel: boolean,
): number {
  return levels
    .filter((level) => isOfModel(level) === ofModel)
    .reduce((sum, level) => sum + level.nfe * callCost(level, card) + setUpCost(level), 0);
}
