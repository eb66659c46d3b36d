/**
 * The photo as a denoiser, exact: for each place the posterior mean over every known patch.
 * Source: Qiu, Kutulakos, Lindell 2026 (arXiv 2606.04299), eq. 6 in spirit: E[x_0 | x_t] of a finite
 * set of patches is their softmax-weighted mean, here over the known region alone.
 */
import type { Network, NetworkCall } from '../core/network.js';
import { hintAt, patchWeights, withHint } from './photo-chain.js';
import { KnownCounts, type Matches, type PhotoImages } from './photo-images.js';
import type { ExactLoops, PriorKernels } from './prior-kernels.js';
import { wasmKernels } from './wasm-kernels.js';

/** Pixels a side of the patches. */
export const exactPatch = 7;
const radius = exactPatch >> 1;
/** Numbers of a patch: its colours, its row, rounded up to whole vectors; the rest is 0. */
const colours = 3 * exactPatch ** 2;
const stride = Math.ceil((colours + 1) / 4) * 4;
/** A patch with no known pixel still counts this much beside one of known pixels only. */
const leastConfidence = 0.1;
/** The widest sigma of known pixels: where x_t is nearly noise, they alone tell something. */
const leastKnownWeight = 0.5 / 0.3 ** 2;
/**
 * Nats by which a source a whole picture's height above or below is less likely, by the square of the
 * way. Pictures are layered: sky above, ground below. It decides while all else is noise.
 */
const rowNats = 20;

interface Query {
  readonly x: number;
  readonly y: number;
  readonly confidence: number;
}

/** The places of a level: sources, and those with something to make in their patch. */
export function exactPlaces(images: PhotoImages): { sources: number[]; queries: Query[] } {
  const { width, height } = images.known;
  const counts = new KnownCounts(images);
  const sources: number[] = [];
  const queries: Query[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const { known, all } = counts.around(x, y, radius);
      if (known === exactPatch ** 2) sources.push(y * width + x);
      else if (known < all) queries.push({ x, y, confidence: leastConfidence + known / all });
    }
  }
  return { sources, queries };
}

/** One image at a time; the walk's window is the whole picture. */
export class ExactNetwork implements Network {
  private constructor(
    private readonly _images: PhotoImages,
    private readonly _sources: readonly number[],
    private readonly _queries: readonly Query[],
    private readonly _loops: ExactLoops,
  ) {
    const { known } = _images;
    const { patches } = _loops;
    _sources.forEach((at, j) => {
      const place = { x: at % known.width, y: Math.floor(at / known.width) };
      this._eachPixel(place, (k, i) => (patches[j * stride + k] = known.data[i]));
      patches[j * stride + colours] = place.y / known.height;
    });
  }

  /** Throws: RangeError when no patch is known, the window is not the picture, or memory is short. */
  static async open(
    images: PhotoImages,
    kernels: PriorKernels = wasmKernels,
  ): Promise<ExactNetwork> {
    const { known, window } = images;
    if (window.width !== known.width || window.height !== known.height)
      throw new RangeError('the exact level walks the whole picture: give it as the window');
    const { sources, queries } = exactPlaces(images);
    if (sources.length === 0) throw new RangeError(`no patch of ${exactPatch} pixels is known`);
    const layout = { patches: sources.length, queries: queries.length, quads: stride / 4 };
    return new ExactNetwork(images, sources, queries, await kernels.openExact(layout));
  }

  async predict({ xt, timestep }: NetworkCall): Promise<Float32Array> {
    this._ask(xt, timestep);
    return this._vote(await this._loops.attend());
  }

  memory(): Promise<Int32Array> {
    return this._loops.readBest();
  }

  recall(memory: Int32Array): void {
    this._loops.setBest(memory);
  }

  /** The likeliest source of each place, as of the last call. */
  async matches(): Promise<Matches> {
    const { known, window } = this._images;
    const best = await this._loops.readBest();
    const places = new Int32Array(known.width * known.height).fill(-1);
    this._queries.forEach(({ x, y }, i) => {
      places[y * known.width + x] = this._sources[best[i]];
    });
    return { size: known, window, places };
  }

  release(): void {
    this._loops.release();
  }

  /** Calls back with each number of a patch and its index in a planar image; none outside it. */
  private _eachPixel(place: { x: number; y: number }, use: (k: number, i: number) => void): void {
    const { width, height } = this._images.known;
    let k = 0;
    for (let c = 0; c < 3; c++) {
      for (let v = place.y - radius; v <= place.y + radius; v++) {
        for (let u = place.x - radius; u <= place.x + radius; u++, k++) {
          const isInside = u >= 0 && v >= 0 && u < width && v < height;
          if (isInside) use(k, c * width * height + v * width + u);
        }
      }
    }
  }

  /** -w |x - y|^2 / 2 without the part that is the same for every y: y (w x - w y / 2). */
  private _ask(xt: Float32Array, timestep: number): void {
    const { known, keepMask, hints } = this._images;
    const { signal, unknown, ...weights } = patchWeights(timestep);
    const knownWeight = 2 * Math.max(weights.known, leastKnownWeight);
    const plane = keepMask.length;
    const { linear, square } = this._loops;
    this._queries.forEach((place, q) => {
      linear[q * stride + colours] = (2 * rowNats * place.y) / known.height;
      square[q * stride + colours] = -rowNats;
      this._eachPixel(place, (k, i) => {
        const at = i % plane;
        const isKnown = keepMask[at] === 1;
        const weight = isKnown ? knownWeight : 2 * (unknown + hintAt(hints, at));
        const value = isKnown
          ? known.data[i]
          : withHint(hints, at, Math.floor(i / plane), xt[i] / signal, unknown);
        linear[q * stride + k] = weight * value;
        square[q * stride + k] = -0.5 * weight;
      });
    });
  }

  /** Means of all patches over each pixel; those with more known pixels count more. */
  private _vote(means: Float32Array): Float32Array {
    const { known, keepMask } = this._images;
    const plane = keepMask.length;
    const sums = new Float32Array(known.data.length);
    const totals = new Float32Array(plane);
    this._queries.forEach((place, q) => {
      this._eachPixel(place, (k, i) => {
        sums[i] += place.confidence * means[q * stride + k];
        if (i < plane) totals[i] += place.confidence;
      });
    });
    return sums.map((sum, i) =>
      keepMask[i % plane] === 1 ? known.data[i] : sum / totals[i % plane],
    );
  }
}
