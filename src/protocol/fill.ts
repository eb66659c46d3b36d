/** One fill as data: what the panel or the command line asks of the sampler. */
import type { ImageShape } from '../core/network.js';
import type { WalkSnapshot } from '../core/sampler.js';
import type { WalkSettings } from '../core/walk.js';
import type { Rect } from '../image/geometry.js';
import type { Coverage, RgbaImage } from '../image/raster.js';

export { samplerNames } from '../core/walk.js';
export type { SamplerName, WalkSettings } from '../core/walk.js';

/** A finer level starts from the enlarged coarser result, re-noised to a middle timestep. */
export interface RefineSettings extends WalkSettings {
  /** Base-chain timestep (0..numTrainTimesteps-1) the enlarged image is re-noised to. */
  readonly startTimestep: number;
}

export const priorNames = ['photo', 'model', 'both'] as const;
/**
 * Where fills come from: the photo's own patches, a trained network, or a network for the coarse
 * shapes and the photo for all that is finer.
 */
export type PriorName = (typeof priorNames)[number];

/** How the photo's own levels are walked. */
export interface PhotoSettings {
  /** The first level, from noise. */
  readonly coarse: WalkSettings;
  /** Every finer one. */
  readonly refine: RefineSettings;
}

export interface FillSettings {
  readonly prior: PriorName;
  readonly photo: PhotoSettings;
  /** The model's levels. */
  readonly coarse: WalkSettings;
  /** Settings of the 2x, 4x, ... levels in order; shorter than needed = the last one repeats. */
  readonly refine: readonly RefineSettings[];
  /** A class of the model card, or null for "Anything". */
  readonly classLabel: number | null;
  /** Classifier-free guidance scale: 1 = conditional only, >1 = pushed towards the class. */
  readonly guidanceScale: number;
  /** Pixels by which the selection is grown before it is filled, so that what it fits is gone. */
  readonly growPx: number;
  /** Pixels inside a hard edge of the grown selection over which the fill fades in. */
  readonly featherPx: number;
  /** Fill the photo's transparent pixels too, instead of keeping its alpha. */
  readonly fillTransparent: boolean;
}

/**
 * What denoises at a level: a trained model, or the photo, over all its patches (`exact`) or over few
 * coherent candidates (`coherent`).
 */
export type LevelNetwork = 'model' | 'exact' | 'coherent';

/** One level of the coarse-to-fine walk. Pure result of `planFill`. */
export interface FillLevel {
  readonly network: LevelNetwork;
  /** Side of the photo's patches, pixels of the level; 0 for a model. */
  readonly patch: number;
  /** Which part of the region it makes: parts far apart have levels of their own, part by part. */
  readonly part: number;
  /** Raster pixels: that part, and the crop its levels see. */
  readonly partBounds: Rect;
  readonly bounds: Rect;
  /** Size at which the crop is walked, for a model multiples of its sizeMultiple. */
  readonly width: number;
  readonly height: number;
  readonly walk: WalkSettings;
  /** null = starts from pure noise; otherwise the base timestep it is re-noised to. */
  readonly startTimestep: number | null;
  /** Network calls of this level for one fill (guidance counts its two calls as two). */
  readonly nfe: number;
}

export interface FillPlan {
  /** Raster pixels: where the fill's layer lies (bounds of the grown selection). */
  readonly maskBounds: Rect;
  /** Raster pixels: the crop that holds all that any level sees; contains maskBounds. */
  readonly contextBounds: Rect;
  readonly levels: readonly FillLevel[];
  /** Network calls for one fill: the sum over levels. */
  readonly nfe: number;
}

/** Everything the worker needs, structured-clonable. */
export interface FillRequest {
  readonly jobId: string;
  readonly plan: FillPlan;
  readonly settings: FillSettings;
  /** Source pixels of contextBounds; what is transparent is neither seen nor, by default, filled. */
  readonly source: RgbaImage;
  /** The grown selection within contextBounds, same size as source: all that is to be generated. */
  readonly selection: Coverage;
  /** One fill per seed; integers 0..2^32-1. */
  readonly seeds: readonly number[];
  /**
   * A fill that these vary, planned with a strength below 1: pixels of contextBounds, the source's
   * where they are transparent. Without one, all begins with noise.
   */
  readonly chosen?: RgbaImage | null;
}

/** Asks how many fills to make at once at one level. */
export interface BatchQuestion {
  /** Of one image at the level's size: [1, C, H, W]. */
  readonly shape: ImageShape;
  /** 2 under guidance, else 1. */
  readonly callsPerStep: number;
  /** How many fills are wanted: no batch is larger. */
  readonly fills: number;
  /** Network calls planned at this level over all fills: what a measurement has to pay for. */
  readonly nfe: number;
}

/** Fills of a request that go through the levels together. */
export interface FillGroup {
  /** Index into seeds of the first of them. */
  readonly fill: number;
  readonly fills: number;
  /** How many are made at once at each level. */
  readonly batches: readonly number[];
}

/**
 * Where an unfinished request stands between two network calls: with the request and the model, all
 * that a later run needs to make the rest of the very same fills. Plain data, structured-clonable;
 * opaque to the panel. What it holds is never written to again.
 * Shapes: xt and x0Hat [images*C*H*W] of the window that the level walks.
 */
export interface FillSnapshot extends WalkSnapshot {
  /** The fills that go through the levels together, and how many of them at once. */
  readonly group: FillGroup;
  /** Index into the plan's levels. */
  readonly level: number;
  /** The batch that is walked: index into seeds of its first fill, and its images. */
  readonly fill: number;
  readonly images: number;
  /** The group's other results that are still needed: of each fill the finest level done. */
  readonly finished: readonly FinishedImage[];
}

/** What one level made of one fill, the known pixels put back. */
export interface FinishedImage {
  /** Indices into the plan's levels and the request's seeds. */
  readonly level: number;
  readonly fill: number;
  /** Shapes: [C*H*W] of the window that the level walks. */
  readonly data: Float32Array;
  /** Of a level that the photo made: which source lies over each pixel of the window. */
  readonly matches: Int32Array | null;
}

export interface FillProgress {
  /** Index into seeds of the fill being made, or of the first of those made at once. */
  readonly fill: number;
  /** How many fills are being made at once: this one and those that follow it. */
  readonly batch: number;
  readonly fills: number;
  readonly level: number;
  /** Network calls done and in total, over all fills of the request; one for each image. */
  readonly nfe: number;
  readonly nfeTotal: number;
  /** Median of the recent calls at this level's size, for one image. */
  readonly msPerCall: number;
  /** Estimated from measured ms per call and the plan's sizes; null before the first call. */
  readonly remainingMs: number | null;
}
