/**
 * The photo as a denoiser, by few candidates a place: the match so far, those of the neighbours,
 * and some at random, so that cost is linear in the region's area.
 * Sources: candidates of Barnes et al. 2009 (PatchMatch) and Tong et al. 2002 (k-coherence); votes of
 * Wexler et al. 2007; the draw among them is the posterior of `exact-network.ts` over candidates.
 */
import type { Network, NetworkCall } from '../core/network.js';
import type { Size } from '../image/geometry.js';
import { hintAt, noiseSigma, patchWeights, withHint } from './photo-chain.js';
import { KnownCounts, type Matches, type PhotoImages } from './photo-images.js';
import type { CoherentLayout, CoherentLoops, PriorKernels } from './prior-kernels.js';
import { wasmKernels } from './wasm-kernels.js';

/** Pixels a side of the patches, where nothing else is asked for. */
export const coherentPatch = 9;
const randomCandidates = 4;
/** Searches a call; more on a level that starts from noise, where nothing is matched yet. */
const searchesPerCall = { fromNoise: 3, refining: 1 };
/** Distance of the farther neighbours, in turn. */
const reaches = [2, 4, 8];
/** Sigma of the votes in pixels: wide in noise, so that places agree; at the end nearly a copy. */
const votes = { noisy: 2, quiet: 0.6, last: 0.4, noisySigma: 0.55, lastSigma: 0.02 };

/**
 * How much texture counts beside colour, sigma in pixels of its votes, and what they are raised by:
 * of patches that do not quite agree, smoother ones are nearer to all.
 */
const textures = { weight: 16, sigma: 1.5, gain: 1.05 };

function voteSigma(timestep: number): number {
  const sigma = noiseSigma(timestep);
  if (sigma < votes.lastSigma) return votes.last;
  return votes.quiet + (votes.noisy - votes.quiet) * Math.min(1, sigma / votes.noisySigma);
}

/** Deterministic numbers for the first matches. Source: PCG hash, as in the kernels. */
function hash(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) | 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737);
  return ((word >>> 22) ^ word) >>> 0;
}

/** Walks a window of the picture, one image at a time. */
export class CoherentNetwork implements Network {
  private readonly _radius: number;
  private _searches = 0;
  private _isLookedAt = false;

  private constructor(
    private readonly _images: PhotoImages,
    private readonly _layout: CoherentLayout,
    private readonly _loops: CoherentLoops,
    private readonly _seed: number,
    from: Matches | null,
  ) {
    this._radius = _layout.radius;
    this._copySources();
    const matches = this._randomMatches();
    if (from) this._takeOver(from, matches);
    _loops.setMatches(matches);
  }

  /**
   * `from`: matches at another size to begin with; null = at random. `patch`: pixels a side, odd.
   * Throws: RangeError when no patch is known, or there is no memory.
   */
  static async open(
    images: PhotoImages,
    seed: number,
    from: Matches | null,
    {
      patch = coherentPatch,
      kernels = wasmKernels,
    }: { patch?: number; kernels?: PriorKernels } = {},
  ): Promise<CoherentNetwork> {
    const layout = coherentLayout(images, patch >> 1);
    return new CoherentNetwork(images, layout, await kernels.openCoherent(layout), seed, from);
  }

  async predict({ xt, timestep }: NetworkCall): Promise<Float32Array> {
    const { signal, unknown, known } = patchWeights(timestep);
    this._setQueries(xt, signal, unknown, known);
    const searches = this._isLookedAt ? searchesPerCall.refining : searchesPerCall.fromNoise;
    for (let k = 0; k < searches; k++) this._search();
    return this._vote(voteSigma(timestep), xt);
  }

  /** Finds matches for a clean image, before the walk adds noise to it. Shapes: as `predict`. */
  lookAt(image: Float32Array, searches: number): void {
    this._isLookedAt = true;
    const { unknown, known } = patchWeights(0);
    this._setQueries(image, 1, unknown, known);
    for (let k = 0; k < searches; k++) this._search();
  }

  /** What a later call depends on: how often was searched, then the matches. */
  async memory(): Promise<Int32Array> {
    const searches = this._searches;
    const matches = await this._loops.readMatches();
    const memory = new Int32Array(1 + matches.length);
    memory[0] = searches;
    memory.set(matches, 1);
    return memory;
  }

  recall(memory: Int32Array): void {
    this._searches = memory[0];
    this._loops.setMatches(memory.subarray(1));
  }

  async matches(): Promise<Matches> {
    const { known, window } = this._images;
    const { width } = this._layout.picture;
    const matches = await this._loops.readMatches();
    const places = new Int32Array(window.width * window.height).fill(-1);
    this._eachPlace((x, y, q) => {
      const [u, v] = [matches[q] % width, Math.floor(matches[q] / width)];
      places[y * window.width + x] = (v - this._radius) * known.width + u - this._radius;
    });
    return { size: known, window, places };
  }

  release(): void {
    this._loops.release();
  }

  private _copySources(): void {
    const { known, keepMask, texture } = this._images;
    const { sources, textures: sourceTextures } = this._loops;
    const plane = keepMask.length;
    for (let y = 0; y < known.height; y++) {
      for (let x = 0; x < known.width; x++) {
        const i = y * known.width + x;
        if (keepMask[i] !== 1) continue;
        const at = 4 * ((y + this._radius) * this._layout.picture.width + x + this._radius);
        for (let c = 0; c < 3; c++) sources[at + c] = known.data[c * plane + i];
        if (!texture) continue;
        for (let c = 0; c < 2; c++) sourceTextures[at + c] = texture.data[c * plane + i];
      }
    }
  }

  private _randomMatches(): Int32Array {
    const { window, valid, places } = this._layout;
    const count = valid.reduce((sum, isValid) => sum + isValid, 0);
    const sources = new Int32Array(count);
    for (let i = 0, k = 0; i < valid.length; i++) if (valid[i]) sources[k++] = i;
    const matches = new Int32Array(window.width * window.height).fill(-1);
    for (const q of places) matches[q] = sources[hash(q ^ hash(this._seed)) % count];
    return matches;
  }

  /** Moves each place by as much as its match lay away at the other size. */
  private _takeOver({ size, window: from, places }: Matches, matches: Int32Array): void {
    const { known, window } = this._images;
    const [scaleX, scaleY] = [known.width / size.width, known.height / size.height];
    this._eachPlace((x, y, q) => {
      const u = clampTo(Math.floor((window.x + x) / scaleX) - from.x, from.width);
      const v = clampTo(Math.floor((window.y + y) / scaleY) - from.y, from.height);
      const match = places[v * from.width + u];
      if (match < 0) return;
      const dx = ((match % size.width) - (u + from.x)) * scaleX;
      const dy = (Math.floor(match / size.width) - (v + from.y)) * scaleY;
      const [toX, toY] = [Math.round(window.x + x + dx), Math.round(window.y + y + dy)];
      if (toX < 0 || toY < 0 || toX >= known.width || toY >= known.height) return;
      const source = (toY + this._radius) * this._layout.picture.width + toX + this._radius;
      if (this._layout.valid[source]) matches[q] = source;
    });
  }

  /** Calls back with the window's pixel and the bordered index of each place. */
  private _eachPlace(use: (x: number, y: number, q: number) => void): void {
    const { width } = this._layout.window;
    for (const q of this._layout.places) {
      const [x, y] = [q % width, Math.floor(q / width)];
      use(x - this._radius, y - this._radius, q);
    }
  }

  /** Known pixels clean, the others as they are over the signal; nothing beyond the picture. */
  private _setQueries(xt: Float32Array, signal: number, unknown: number, known: number): void {
    const { known: photo, keepMask, window, texture, hints } = this._images;
    const { queries, queryTextures } = this._loops;
    const bordered = this._layout.window.width;
    const plane = keepMask.length;
    const windowPlane = window.width * window.height;
    // Nine places of a patch stand for all of them.
    const textureWeight = (textures.weight * unknown * (2 * this._radius + 1) ** 2) / 9;
    for (let y = -this._radius; y < window.height + this._radius; y++) {
      for (let x = -this._radius; x < window.width + this._radius; x++) {
        const [u, v] = [window.x + x, window.y + y];
        if (u < 0 || v < 0 || u >= photo.width || v >= photo.height) continue;
        const at = 4 * ((y + this._radius) * bordered + x + this._radius);
        const i = v * photo.width + u;
        const isKnown = keepMask[i] === 1;
        const isInside = x >= 0 && y >= 0 && x < window.width && y < window.height;
        if (!isKnown && !isInside) continue;
        for (let c = 0; c < 3; c++) {
          const seen = xt[c * windowPlane + y * window.width + x] / signal;
          queries[at + c] = isKnown
            ? photo.data[c * plane + i]
            : withHint(hints, i, c, seen, unknown);
        }
        queries[at + 3] = isKnown ? known : unknown + hintAt(hints, i);
        if (!texture || !this._isLookedAt) continue;
        queryTextures[at + 3] = textureWeight;
        if (!isKnown) continue;
        for (let c = 0; c < 2; c++) queryTextures[at + c] = texture.data[c * plane + i];
      }
    }
    this._loops.setQueries();
  }

  private _search(): void {
    const { known, texture } = this._images;
    this._searches++;
    // What is to be made is as textured as the matches so far say.
    if (texture && this._isLookedAt)
      this._loops.voteTextures(voteKernel(textures.sigma, this._radius), textures.gain);
    this._loops.match({
      seed: hash(this._seed ^ hash(this._searches)),
      reach: reaches[this._searches % reaches.length],
      randoms: randomCandidates,
      spread: Math.max(known.width, known.height),
    });
  }

  private async _vote(sigma: number, xt: Float32Array): Promise<Float32Array> {
    const { known, keepMask, window } = this._images;
    const votes = await this._loops.vote(voteKernel(sigma, this._radius));
    const x0Hat = xt.slice();
    const windowPlane = window.width * window.height;
    const plane = keepMask.length;
    for (let y = 0; y < window.height; y++) {
      for (let x = 0; x < window.width; x++) {
        const i = (window.y + y) * known.width + window.x + x;
        if (keepMask[i] !== 1) continue;
        const at = y * window.width + x;
        for (let c = 0; c < 3; c++) x0Hat[c * windowPlane + at] = known.data[c * plane + i];
      }
    }
    const { width } = this._layout.window;
    this._layout.pixels.forEach((q, k) => {
      const [x, y] = [q % width, Math.floor(q / width)];
      const at = (y - this._radius) * window.width + x - this._radius;
      for (let c = 0; c < 3; c++) x0Hat[c * windowPlane + at] = votes[4 * k + c];
    });
    return x0Hat;
  }
}

/**
 * Places and pixels of the window with something to make, and the picture's sources.
 * Throws: RangeError when no patch is known.
 */
function coherentLayout(images: PhotoImages, radius: number): CoherentLayout {
  const { known, keepMask, window } = images;
  const bordered = ({ width, height }: Size) => ({
    width: width + 2 * radius,
    height: height + 2 * radius,
  });
  const [picture, bounds] = [bordered(known), bordered(window)];
  const counts = new KnownCounts(images);
  const valid = new Uint8Array(picture.width * picture.height);
  for (let y = radius; y < known.height - radius; y++) {
    for (let x = radius; x < known.width - radius; x++) {
      const isSource = counts.isSource(x, y, radius);
      if (isSource) valid[(y + radius) * picture.width + x + radius] = 1;
    }
  }
  if (!valid.includes(1)) throw new RangeError(`no patch of ${2 * radius + 1} pixels is known`);
  const places: number[] = [];
  const pixels: number[] = [];
  for (let y = 0; y < window.height; y++) {
    for (let x = 0; x < window.width; x++) {
      const q = (y + radius) * bounds.width + x + radius;
      const around = counts.around(window.x + x, window.y + y, radius);
      if (around.known < around.all) places.push(q);
      if (keepMask[(window.y + y) * known.width + window.x + x] !== 1) pixels.push(q);
    }
  }
  const lists = { places: Int32Array.from(places), pixels: Int32Array.from(pixels) };
  return { radius, picture, window: bounds, valid, ...lists };
}

function clampTo(at: number, count: number): number {
  return Math.min(count - 1, Math.max(0, at));
}

/** A Gaussian over a patch, cut where it is nearly nothing. Shapes: [side^2]. */
function voteKernel(sigma: number, radius: number): Float32Array {
  const side = 2 * radius + 1;
  return Float32Array.from({ length: side ** 2 }, (_, i) => {
    const x = (i % side) - radius;
    const y = Math.floor(i / side) - radius;
    const weight = Math.exp(-(x * x + y * y) / (2 * sigma * sigma));
    return weight < 1e-3 ? 0 : weight;
  });
}
