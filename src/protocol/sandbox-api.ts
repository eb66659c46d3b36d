/**
 * Calls between the panel and the document sandbox, as the host's communication allows:
 * plain objects, arrays, primitives and Blobs, no functions. Every method answers a promise
 * on the panel's side.
 */
import type { Mat2d, Rect, Size } from '../image/geometry.js';

/** A vector shape of the selection. */
export interface RegionShape {
  readonly nodeId: string;
  readonly kind: 'rectangle' | 'ellipse' | 'path' | 'bounds';
  /** SVG path data in the node's local coordinates. */
  readonly path: string;
  readonly fillRule: 'nonzero' | 'evenodd';
  readonly localToPage: Mat2d;
  /** False where the host gives only bounds (text, complex shapes): the panel says so. */
  readonly isExact: boolean;
}

/** A picture on the page, as the host nests it: media clipped by a crop. */
export interface PlacedMedia {
  readonly id: string;
  /** The uncropped media rectangle, in its local units. */
  readonly mediaSize: Size;
  readonly mediaToPage: Mat2d;
  /** The visible crop. */
  readonly crop: RegionShape;
  /** 0..1. */
  readonly opacity: number;
}

/** A fill that belongs to the picture. */
export interface KeptFill extends PlacedMedia {
  /** Made for this image, not for one below: it may reach past its edge. */
  readonly isOwn: boolean;
  /** See `FillRecord`. */
  readonly opaque?: string;
}

/** The image the region lies on. */
export interface TargetImage extends PlacedMedia {
  readonly isLocked: boolean;
  readonly page: Size & { readonly id: string };
  /** Page space bounds of the artboard, the origin of page space for renditions. */
  readonly artboardBounds: Rect;
  /** Kept fills shown over the image, bottom to top: part of the picture that is continued. */
  readonly kept: readonly KeptFill[];
}

/** What a rendition of the page would show. */
export interface Backdrop {
  readonly page: Size & { readonly id: string };
  /** Changes when anything moves that belongs to the picture. What it looks like is not known. */
  readonly key: string;
  /** True while markers, selected shapes or fills not kept are seen, which do not belong to it. */
  readonly isCluttered: boolean;
}

export type SelectionProblem =
  | 'noSelection'
  | 'shapesWithoutImage'
  | 'imageWithoutShapes'
  | 'regionOutsideImage'
  | 'severalImages'
  | 'unsupportedMedia'
  /** A fill of ours is selected and nothing else, and its photo is gone. */
  | 'fillSelected';

export type SelectionReading =
  | {
      readonly status: 'ready';
      readonly target: TargetImage;
      readonly shapes: readonly RegionShape[];
      readonly backdrop: Backdrop;
    }
  | {
      readonly status: 'problem';
      readonly problem: SelectionProblem;
      /** The photo that is selected alone, without a shape. */
      readonly target: TargetImage | null;
      readonly backdrop: Backdrop;
    };

/** Kept with each layer in addOnData (3 KB in all), so that the gallery survives a reload. */
export interface FillRecord {
  readonly targetId: string;
  /** `regionId.serial`; with the seed it names one fill. */
  readonly jobId: string;
  readonly seed: number;
  readonly modelId: string;
  readonly modelSha256: string;
  /** JSON of FillSettings; empty when it did not fit. */
  readonly settings: string;
  /** Counts the fills of one image from 1, in the order they were added. */
  readonly number: number;
  /** When it was added, ms since 1970. */
  readonly madeAt: number;
  /** Where it began: the number of the fill it varies, and how far from it; 0 and 1 for noise. */
  readonly like: number;
  readonly strength: number;
  /**
   * Of a fill past the photo's edge: where its pixels are opaque, as `opaqueCells` writes it. There a
   * rendition of the page shows the fill and nothing under it, to later visits too.
   */
  readonly opaque?: string;
}

/** Fills of one region share the first part of their job ids, also over several jobs. */
export function regionIdOf(jobId: string): string {
  return jobId.split('.', 1)[0];
}

/** The image a fill was made for, as it lay then: the layer goes where the image has gone since. */
export type FilledImage = Pick<TargetImage, 'id' | 'mediaSize' | 'mediaToPage'> & {
  readonly pageId: string;
};

/** Where and what to add. */
export interface NewLayer {
  readonly image: FilledImage;
  readonly png: Blob;
  /** Maps the PNG's pixels to page space: a similarity (rotation, uniform scale, translation). */
  readonly pixelsToPage: Mat2d;
  readonly size: Size;
  /** The sandbox numbers it. */
  readonly record: Omit<FillRecord, 'number'>;
}

/** Why nothing was added. `topOfPage` goes there all the same. */
export type NotAdded =
  /** The image is gone, or its page is. */
  | 'targetGone'
  /** Another page is open than the one the image is on. */
  | 'otherPage'
  /** The image was mirrored, stretched or replaced: the fill does not fit on it any more. */
  | 'targetChanged';

export type AddLayerResult =
  | { readonly status: 'added'; readonly layerId: string }
  | { readonly status: NotAdded };

export interface FillLayer {
  readonly id: string;
  readonly isVisible: boolean;
  /** The user has taken it: it belongs to the picture, and shows whatever else is looked at. */
  readonly isKept: boolean;
  /** A favourite: it stays when the others are cleared away. */
  readonly isStarred: boolean;
  readonly record: FillRecord;
}

/** A shape that marks, or marked, a region. */
export interface RegionMarker {
  readonly nodeId: string;
  readonly regionId: string;
  readonly isVisible: boolean;
}

/** Ours on the current page. */
export interface PageContent {
  readonly pageId: string;
  /** In paint order, bottom first. */
  readonly fills: readonly FillLayer[];
  readonly markers: readonly RegionMarker[];
}

/** One action of the user on nodes of the current page; ids that are not on it are skipped. */
export interface PageEdit {
  /** Gives nodes the opacity back that they had. A fill is raised above kept ones over it. */
  readonly show?: readonly string[];
  /** Opacity 0: the host has no visibility. */
  readonly hide?: readonly string[];
  readonly keep?: readonly string[];
  readonly star?: readonly string[];
  readonly unstar?: readonly string[];
  readonly remove?: readonly string[];
  /** Notes on shapes which region they mark. */
  readonly mark?: { readonly regionId: string; readonly nodeIds: readonly string[] };
  /** Selects in the host; no step of undo. */
  readonly select?: readonly string[];
}

/** Implemented in the document sandbox, called by the panel. */
export interface SandboxApi {
  /** Build id of code.js (the host may keep a stale one after a reload) and what it may do. */
  hello(): { buildId: string; hasOriginalPixels: boolean };
  /** Reads the selection synchronously, before any await. */
  readSelection(): SelectionReading;
  /** Original, uncropped file of an image (dev build only). Rejects when the node is gone. */
  readOriginalPixels(imageId: string): Promise<Blob>;
  /**
   * Takes everything out of sight that does not belong to the picture, until `restoreView`: for
   * the time a rendition takes. What was seen is noted in the document, should the panel close.
   */
  clearView(): void;
  /** Returns: the current page, and how many nodes are seen again. */
  restoreView(): { pageId: string; restored: number };
  /**
   * Adds a fill above its image and every fill that overlaps, or at the top of the current page,
   * and hides the region's other fills, in one step of undo. A fill that is there already, by job
   * and seed, is not added again.
   */
  addLayer(layer: NewLayer, place: 'aboveImage' | 'topOfPage'): Promise<AddLayerResult>;
  /** Changes nodes in one synchronous block, so that one undo takes it back. */
  editPage(edit: PageEdit): void;
  readPage(): PageContent;
}

/** Implemented in the panel, called by the sandbox. */
export interface PanelApi {
  /** The host's selection changed: read it again. */
  selectionChanged(): void;
}
