/**
 * The port between the photo's networks and what runs their loops: WebAssembly here, a GPU where the
 * worker hands one in. `kernels/kernels.ts` says what each loop does.
 */
import type { Size } from '../image/geometry.js';

/**
 * A level of few candidates a place. Picture and window have a border of `radius`; places, pixels and
 * matches are indices into them.
 * Shapes: valid [picture], places and pixels of the window, any number.
 */
export interface CoherentLayout {
  /** Of the patches. */
  readonly radius: number;
  readonly picture: Size;
  readonly window: Size;
  /** 1 where a whole patch is known. */
  readonly valid: Uint8Array;
  /** Patches with something to make. */
  readonly places: Int32Array;
  /** What is to be made. */
  readonly pixels: Int32Array;
}

/** One search over all places. */
export interface MatchPass {
  readonly seed: number;
  /** How far the farther neighbours are. */
  readonly reach: number;
  /** How many candidates are drawn at random, the first of them within `spread` of the best. */
  readonly randoms: number;
  readonly spread: number;
}

/**
 * The loops of one level. All promises reject with the loss of the device, where there is one.
 * Shapes: sources and textures [picture, 4], queries and queryTextures [windowLength, 4], matches
 * [windowLength], a votes' kernel [(2 * radius + 1)^2].
 */
export interface CoherentLoops {
  /** To be written before the first `setMatches`, and not after. Zeros. */
  readonly sources: Float32Array;
  readonly textures: Float32Array;
  /** To be written before `setQueries`; it keeps what is written. Zeros. */
  readonly queries: Float32Array;
  readonly queryTextures: Float32Array;
  setMatches(matches: Int32Array): void;
  /** Takes over the queries as they are now. */
  setQueries(): void;
  match(pass: MatchPass): void;
  /** Gives the pixels' queries `gain` times the texture that the matches vote for. */
  voteTextures(kernel: Float32Array, gain: number): void;
  /** What the matches say of each pixel. Shapes: returns [pixels, 4], valid until the next call. */
  vote(kernel: Float32Array): Promise<Float32Array>;
  /** As they are when it is called, whatever follows. */
  readMatches(): Promise<Int32Array>;
  release(): void;
}

/** A level of all patches. Shapes: patches [patches, 4*quads], queries likewise. */
export interface ExactLayout {
  readonly patches: number;
  readonly queries: number;
  readonly quads: number;
}

/** Its loop. Shapes: linear, square and the means [queries, 4*quads], best [queries]. */
export interface ExactLoops {
  /** To be written before the first `attend`, and not after. Zeros. */
  readonly patches: Float32Array;
  readonly linear: Float32Array;
  readonly square: Float32Array;
  /** Posterior means; valid until the next call. */
  attend(): Promise<Float32Array>;
  setBest(best: Int32Array): void;
  /** The likeliest patch of each query, as of the last call. */
  readBest(): Promise<Int32Array>;
  release(): void;
}

/** Makes the loops of a level. Throws: RangeError where there is no memory for it. */
export interface PriorKernels {
  openCoherent(layout: CoherentLayout): Promise<CoherentLoops>;
  openExact(layout: ExactLayout): Promise<ExactLoops>;
}
