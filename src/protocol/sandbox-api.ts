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

/** The image the region lies on. */
export interface TargetImage {
  readonly id: string;
  /** The uncropped media rectangle, in its local units. */
  readonly mediaSize: Size;
  readonly mediaToPage: Mat2d;
  /** The visible crop. */
  readonly crop: RegionShape;
  readonly isLocked: boolean;
  readonly page: Size & { readonly id: string };
  /** Page space bounds of the artboard, the origin of page space for renditions. */
  readonly artboardBounds: Rect;
}

export type SelectionProblem =
  | 'noSelection'
  | 'shapesWithoutImage'
  | 'imageWithoutShapes'
  | 'regionOutsideImage'
  | 'severalImages'
  | 'unsupportedMedia';

export type SelectionReading =
  | {
      readonly status: 'ready';
      readonly target: TargetImage;
      readonly shapes: readonly RegionShape[];
    }
  | { readonly status: 'problem'; readonly problem: SelectionProblem };

/** Kept with each layer in addOnData (3 KB in all), so that the gallery survives a reload. */
export interface FillRecord {
  readonly targetId: string;
  readonly jobId: string;
  readonly seed: number;
  readonly modelId: string;
  readonly modelSha256: string;
  /** JSON of FillSettings. */
  readonly settings: string;
}

/** Where and what to add. */
export interface NewLayer {
  readonly targetId: string;
  readonly png: Blob;
  /** Maps the PNG's pixels to page space: a similarity (rotation, uniform scale, translation). */
  readonly pixelsToPage: Mat2d;
  readonly size: Size;
  readonly record: FillRecord;
}

export type AddLayerResult =
  | { readonly status: 'added'; readonly layerId: string }
  /** The target is gone: nothing was added. `onPage` re-tries at the top of the page. */
  | { readonly status: 'targetGone' };

export interface FillLayer {
  readonly id: string;
  readonly isVisible: boolean;
  readonly record: FillRecord;
}

/** Implemented in the document sandbox, called by the panel. */
export interface SandboxApi {
  /** Build id of code.js (the host may keep a stale one after a reload) and what it may do. */
  hello(): { buildId: string; hasOriginalPixels: boolean };
  /** Reads the selection synchronously, before any await. */
  readSelection(): SelectionReading;
  /** Original, uncropped file of the image (dev build only). Rejects when the node is gone. */
  readOriginalPixels(targetId: string): Promise<Blob>;
  /** Adds a fill right above the target, or at the top of the page when `onPage`. */
  addLayer(layer: NewLayer, onPage: boolean): Promise<AddLayerResult>;
  /** Shows exactly these of the given layers, by opacity (the host has no visibility). */
  showLayers(layerIds: readonly string[], visibleIds: readonly string[]): void;
  removeLayers(layerIds: readonly string[]): void;
  /** Turns fills into ordinary layers: drops their record, so the gallery lets go of them. */
  keepLayers(layerIds: readonly string[]): void;
  /** Every fill layer of the current page, bottom to top. */
  listLayers(): readonly FillLayer[];
}

/** Implemented in the panel, called by the sandbox. */
export interface PanelApi {
  /** The host's selection changed: read it again. */
  selectionChanged(): void;
}
