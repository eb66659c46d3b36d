/**
 * The photo as a denoiser, by few candidates a place: the match so far, those of the neighbours,
 * and some at random, so that cost is linear in the region's area.
 * Sources: candidates of Barnes et al. 2009 (PatchMatch) and Tong et al. 2002 (k-coherence); votes of
 * Wexler et al. 2007; the draw among them is the posterior of `exact-network.ts` over candidates.
 */
import type { Network, NetworkCall } from '../core/network.js';
import { KernelMemory } from './kernel-memory.js';
import { hintAt, noiseSigma, patchWeights, withHint } from './photo-chain.js';
import { KnownCounts, type Matches, type PhotoImages } from './photo-images.js';

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
  private readonly _kernel: KernelMemory;
  private readonly _radius: number;
  /** Width of picture and window with a border of `radius`. */
  private readonly _width: number;
  private readonly _windowWidth: number;
  private readonly _sources: Float32Array;
  private readonly _valid: Uint8Array;
  private readonly _queries: Float32Array;
  private readonly _textures: Float32Array;
  private readonly _queryTextures: Float32Array;
  private _matches: Int32Array;
  private _next: Int32Array;
  private readonly _places: Int32Array;
  private readonly _pixels: Int32Array;
  private readonly _votes: Float32Array;
  private readonly _voteKernel: Float32Array;
  private _searches = 0;
  private _isLookedAt = false;

  /**
   * `from`: matches at another size to begin with; null = at random. `patch`: pixels a side, odd.
   * Throws: RangeError when no patch is known.
   */
  constructor(
    private readonly _images: PhotoImages,
    private readonly _seed: number,
    from: Matches | null,
    patch = coherentPatch,
  ) {
    const radius = (this._radius = patch >> 1);
    const { known, window } = _images;
    this._width = known.width + 2 * radius;
    this._windowWidth = window.width + 2 * radius;
    const length = this._width * (known.height + 2 * radius);
    const windowLength = this._windowWidth * (window.height + 2 * radius);
    const { valid, places, pixels } = this._layOut(length);
    const perWindow = 32 + 4 + 4;
    const lists = 4 * places.length + 20 * pixels.length;
    this._kernel = new KernelMemory(33 * length + perWindow * windowLength + lists + 4096);
    this._sources = this._kernel.float32(4 * length);
    this._valid = this._kernel.uint8(length);
    this._queries = this._kernel.float32(4 * windowLength);
    this._matches = this._kernel.int32(windowLength).fill(-1);
    this._next = this._kernel.int32(windowLength).fill(-1);
    this._places = this._kernel.int32(places.length);
    this._pixels = this._kernel.int32(pixels.length);
    this._textures = this._kernel.float32(4 * length);
    this._queryTextures = this._kernel.float32(4 * windowLength);
    this._votes = this._kernel.float32(4 * pixels.length);
    this._voteKernel = this._kernel.float32(patch ** 2);
    this._valid.set(valid);
    this._places.set(places);
    this._pixels.set(pixels);
    this._copySources();
    this._matchAtRandom();
    if (from) this._takeOver(from);
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
  memory(): Int32Array {
    const memory = new Int32Array(1 + this._matches.length);
    memory[0] = this._searches;
    memory.set(this._matches, 1);
    return memory;
  }

  recall(memory: Int32Array): void {
    this._searches = memory[0];
    this._matches.set(memory.subarray(1));
  }

  matches(): Matches {
    const { known, window } = this._images;
    const places = new Int32Array(window.width * window.height).fill(-1);
    this._eachPlace((x, y, q) => {
      const match = this._matches[q];
      const [u, v] = [match % this._width, Math.floor(match / this._width)];
      places[y * window.width + x] = (v - this._radius) * known.width + u - this._radius;
    });
    return { size: known, window, places };
  }

  /** Places and pixels of the window with something to make, and the picture's sources. */
  private _layOut(length: number): { valid: Uint8Array; places: number[]; pixels: number[] } {
    const { known, keepMask, window } = this._images;
    const counts = new KnownCounts(this._images);
    const valid = new Uint8Array(length);
    for (let y = this._radius; y < known.height - this._radius; y++) {
      for (let x = this._radius; x < known.width - this._radius; x++) {
        const isSource = counts.isSource(x, y, this._radius);
        if (isSource) valid[(y + this._radius) * this._width + x + this._radius] = 1;
      }
    }
    if (!valid.includes(1))
      throw new RangeError(`no patch of ${2 * this._radius + 1} pixels is known`);
    const places: number[] = [];
    const pixels: number[] = [];
    for (let y = 0; y < window.height; y++) {
      for (let x = 0; x < window.width; x++) {
        const q = (y + this._radius) * this._windowWidth + x + this._radius;
        const around = counts.around(window.x + x, window.y + y, this._radius);
        if (around.known < around.all) places.push(q);
        if (keepMask[(window.y + y) * known.width + window.x + x] !== 1) pixels.push(q);
      }
    }
    return { valid, places, pixels };
  }

  private _copySources(): void {
    const { known, keepMask, texture } = this._images;
    const plane = keepMask.length;
    for (let y = 0; y < known.height; y++) {
      for (let x = 0; x < known.width; x++) {
        const i = y * known.width + x;
        if (keepMask[i] !== 1) continue;
        const at = 4 * ((y + this._radius) * this._width + x + this._radius);
        for (let c = 0; c < 3; c++) this._sources[at + c] = known.data[c * plane + i];
        if (!texture) continue;
        for (let c = 0; c < 2; c++) this._textures[at + c] = texture.data[c * plane + i];
      }
    }
  }

  private _matchAtRandom(): void {
    const count = this._valid.reduce((sum, isValid) => sum + isValid, 0);
    const sources = new Int32Array(count);
    for (let i = 0, k = 0; i < this._valid.length; i++) if (this._valid[i]) sources[k++] = i;
    for (const q of this._places) {
      this._matches[q] = sources[hash(q ^ hash(this._seed)) % count];
    }
  }

  /** Moves each place by as much as its match lay away at the other size. */
  private _takeOver({ size, window: from, places }: Matches): void {
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
      const source = (toY + this._radius) * this._width + toX + this._radius;
      if (this._valid[source]) this._matches[q] = source;
    });
  }

  /** Calls back with the window's pixel and the bordered index of each place. */
  private _eachPlace(use: (x: number, y: number, q: number) => void): void {
    for (const q of this._places) {
      const [x, y] = [q % this._windowWidth, Math.floor(q / this._windowWidth)];
      use(x - this._radius, y - this._radius, q);
    }
  }

  /** Known pixels clean, the others as they are over the signal; nothing beyond the picture. */
  private _setQueries(xt: Float32Array, signal: number, unknown: number, known: number): void {
    const { known: photo, keepMask, window, texture, hints } = this._images;
    const plane = keepMask.length;
    const windowPlane = window.width * window.height;
    // Nine places of a patch stand for all of them.
    const textureWeight = (textures.weight * unknown * (2 * this._radius + 1) ** 2) / 9;
    for (let y = -this._radius; y < window.height + this._radius; y++) {
      for (let x = -this._radius; x < window.width + this._radius; x++) {
        const [u, v] = [window.x + x, window.y + y];
        if (u < 0 || v < 0 || u >= photo.width || v >= photo.height) continue;
        const at = 4 * ((y + this._radius) * this._windowWidth + x + this._radius);
        const i = v * photo.width + u;
        const isKnown = keepMask[i] === 1;
        const isInside = x >= 0 && y >= 0 && x < window.width && y < window.height;
        if (!isKnown && !isInside) continue;
        for (let c = 0; c < 3; c++) {
          const seen = xt[c * windowPlane + y * window.width + x] / signal;
          this._queries[at + c] = isKnown
            ? photo.data[c * plane + i]
            : withHint(hints, i, c, seen, unknown);
        }
        this._queries[at + 3] = isKnown ? known : unknown + hintAt(hints, i);
        if (!texture || !this._isLookedAt) continue;
        this._queryTextures[at + 3] = textureWeight;
        if (!isKnown) continue;
        for (let c = 0; c < 2; c++) this._queryTextures[at + c] = texture.data[c * plane + i];
      }
    }
  }

  /** What is to be made is as textured as the matches so far say. */
  private _estimateTexture(): void {
    this._castVotes(this._textures, textures.sigma);
    this._pixels.forEach((q, k) => {
      for (let c = 0; c < 2; c++)
        this._queryTextures[4 * q + c] = textures.gain * this._votes[4 * k + c];
    });
  }

  private _search(): void {
    const { known, texture } = this._images;
    this._searches++;
    if (texture && this._isLookedAt) this._estimateTexture();
    this._kernel.kernels.match(
      this._sources.byteOffset,
      this._valid.byteOffset,
      this._width,
      this._valid.length,
      this._queries.byteOffset,
      this._windowWidth,
      this._matches.length,
      this._matches.byteOffset,
      this._next.byteOffset,
      this._places.byteOffset,
      0,
      this._places.length,
      this._radius,
      hash(this._seed ^ hash(this._searches)),
      reaches[this._searches % reaches.length],
      randomCandidates,
      Math.max(known.width, known.height),
      this._textures.byteOffset,
      this._queryTextures.byteOffset,
      this._radius - 1,
    );
    [this._matches, this._next] = [this._next, this._matches];
  }

  /** Writes to `_votes` what the matches say of each pixel. */
  private _castVotes(sources: Float32Array, sigma: number): void {
    this._voteKernel.set(voteKernel(sigma, this._radius));
    this._kernel.kernels.vote(
      sources.byteOffset,
      this._width,
      this._matches.byteOffset,
      this._windowWidth,
      this._pixels.byteOffset,
      0,
      this._pixels.length,
      this._radius,
      this._voteKernel.byteOffset,
      this._votes.byteOffset,
    );
  }

  private _vote(sigma: number, xt: Float32Array): Float32Array {
    const { known, keepMask, window } = this._images;
    this._castVotes(this._sources, sigma);
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
    this._pixels.forEach((q, k) => {
      const [x, y] = [q % this._windowWidth, Math.floor(q / this._windowWidth)];
      const at = (y - this._radius) * window.width + x - this._radius;
      for (let c = 0; c < 3; c++) x0Hat[c * windowPlane + at] = this._votes[4 * k + c];
    });
    return x0Hat;
  }
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
