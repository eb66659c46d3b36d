/** The fills of the document, grouped by the region they fill. Pure. */
import {
  regionIdOf,
  type FillLayer,
  type FillRecord,
  type PageContent,
  type RegionMarker,
} from '../../protocol/sandbox-api.js';

export interface GalleryFill {
  readonly layerId: string;
  readonly record: FillRecord;
  /** Data URL; null when it was not kept. */
  readonly thumbnail: string | null;
  readonly isShown: boolean;
  /** The user has taken it; it shows whatever else of its region is looked at. */
  readonly isKept: boolean;
  /** A favourite: it stays when the others are cleared away. */
  readonly isStarred: boolean;
}

/** Fills of one region, in the order they were made. */
export interface FillSet {
  readonly regionId: string;
  readonly targetId: string;
  readonly fills: readonly GalleryFill[];
  /** Data URL of the region without a fill; null when it was not kept. */
  readonly original: string | null;
  /** The shapes that mark the region, as far as they are still there. */
  readonly markers: readonly RegionMarker[];
}

/** Fills of one region share the first part of their job ids, also over several jobs. */
export function jobIdFor(regionId: string, serial: string): string {
  return `${regionId}.${serial}`;
}

/** Looks a picture up by a layer's or a region's id. */
type PictureOf = (id: string) => string | null;

function galleryFill(
  { id, record, isVisible, isKept, isStarred }: FillLayer,
  pictureOf: PictureOf,
): GalleryFill {
  return { layerId: id, record, thumbnail: pictureOf(id), isShown: isVisible, isKept, isStarred };
}

/** Groups the page's fills by region, the region filled last first. */
export function groupFills({ fills, markers }: PageContent, pictureOf: PictureOf): FillSet[] {
  const sets = new Map<string, FillLayer[]>();
  const inOrder = [...fills].sort((a, b) => a.record.number - b.record.number);
  for (const fill of inOrder) {
    const regionId = regionIdOf(fill.record.jobId);
    sets.set(regionId, [...(sets.get(regionId) ?? []), fill]);
  }
  const lastMade = (set: FillSet) => Math.max(...set.fills.map(({ record }) => record.madeAt));
  return [...sets]
    .map(([regionId, layers]) => ({
      regionId,
      targetId: layers[0].record.targetId,
      fills: layers.map((layer) => galleryFill(layer, pictureOf)),
      original: pictureOf(regionId),
      markers: markers.filter((marker) => marker.regionId === regionId),
    }))
    .sort((a, b) => lastMade(b) - lastMade(a));
}

/** The ids of a set's fills that nobody has kept. */
export function triesOf({ fills }: FillSet): string[] {
  return fills.filter(({ isKept }) => !isKept).map(({ layerId }) => layerId);
}

/** Of these, what may be cleared away: all but the favourites. */
export function clearable(set: FillSet): string[] {
  const tries = new Set(triesOf(set));
  const { fills } = set;
  return fills.filter((it) => tries.has(it.layerId) && !it.isStarred).map((it) => it.layerId);
}
