/** The photo prior's loops on WebAssembly: the same everywhere, and what a GPU must agree with. */
import { KernelMemory } from './kernel-memory.js';
import type {
  CoherentLayout,
  CoherentLoops,
  ExactLayout,
  ExactLoops,
  MatchPass,
  PriorKernels,
} from './prior-kernels.js';

export const wasmKernels: PriorKernels = {
  openCoherent: async (layout) => new WasmCoherentLoops(layout),
  openExact: async (layout) => new WasmExactLoops(layout),
};

class WasmCoherentLoops implements CoherentLoops {
  readonly sources: Float32Array;
  readonly textures: Float32Array;
  readonly queries: Float32Array;
  readonly queryTextures: Float32Array;
  private readonly _memory: KernelMemory;
  private readonly _valid: Uint8Array;
  private readonly _places: Int32Array;
  private readonly _pixels: Int32Array;
  private readonly _votes: Float32Array;
  private readonly _kernel: Float32Array;
  private _matches: Int32Array;
  private _next: Int32Array;

  constructor(private readonly _layout: CoherentLayout) {
    const { radius, picture, window, valid, places, pixels } = _layout;
    const length = picture.width * picture.height;
    const windowLength = window.width * window.height;
    const lists = 4 * places.length + 20 * pixels.length;
    const memory = new KernelMemory(33 * length + 40 * windowLength + lists + 4096);
    this._memory = memory;
    this.sources = memory.float32(4 * length);
    this._valid = memory.uint8(length);
    this.queries = memory.float32(4 * windowLength);
    this._matches = memory.int32(windowLength).fill(-1);
    this._next = memory.int32(windowLength).fill(-1);
    this._places = memory.int32(places.length);
    this._pixels = memory.int32(pixels.length);
    this.textures = memory.float32(4 * length);
    this.queryTextures = memory.float32(4 * windowLength);
    this._votes = memory.float32(4 * pixels.length);
    this._kernel = memory.float32((2 * radius + 1) ** 2);
    this._valid.set(valid);
    this._places.set(places);
    this._pixels.set(pixels);
  }

  setMatches(matches: Int32Array): void {
    this._matches.set(matches);
  }

  setQueries(): void {
    // The loops read them where they are.
  }

  match({ seed, reach, randoms, spread }: MatchPass): void {
    const { radius, picture, window } = this._layout;
    this._memory.kernels.match(
      this.sources.byteOffset,
      this._valid.byteOffset,
      picture.width,
      this._valid.length,
      this.queries.byteOffset,
      window.width,
      this._matches.length,
      this._matches.byteOffset,
      this._next.byteOffset,
      this._places.byteOffset,
      0,
      this._places.length,
      radius,
      seed,
      reach,
      randoms,
      spread,
      this.textures.byteOffset,
      this.queryTextures.byteOffset,
      radius - 1,
    );
    [this._matches, this._next] = [this._next, this._matches];
  }

  voteTextures(kernel: Float32Array, gain: number): void {
    this._castVotes(this.textures, kernel);
    this._pixels.forEach((q, k) => {
      for (let c = 0; c < 2; c++) this.queryTextures[4 * q + c] = gain * this._votes[4 * k + c];
    });
  }

  async vote(kernel: Float32Array): Promise<Float32Array> {
    this._castVotes(this.sources, kernel);
    return this._votes;
  }

  async readMatches(): Promise<Int32Array> {
    return this._matches.slice();
  }

  release(): void {
    // Its memory goes with it.
  }

  private _castVotes(sources: Float32Array, kernel: Float32Array): void {
    const { radius, picture, window } = this._layout;
    this._kernel.set(kernel);
    this._memory.kernels.vote(
      sources.byteOffset,
      picture.width,
      this._matches.byteOffset,
      window.width,
      this._pixels.byteOffset,
      0,
      this._pixels.length,
      radius,
      this._kernel.byteOffset,
      this._votes.byteOffset,
    );
  }
}

class WasmExactLoops implements ExactLoops {
  readonly patches: Float32Array;
  readonly linear: Float32Array;
  readonly square: Float32Array;
  private readonly _memory: KernelMemory;
  private readonly _logits: Float32Array;
  private readonly _means: Float32Array;
  private readonly _best: Int32Array;

  constructor(private readonly _layout: ExactLayout) {
    const { patches: n, queries: m, quads } = _layout;
    const stride = 4 * quads;
    this._memory = new KernelMemory(4 * (stride * (n + 3 * m) + 2 * n + m) + 256);
    this.patches = this._memory.float32(n * stride);
    this.linear = this._memory.float32(m * stride);
    this.square = this._memory.float32(m * stride);
    this._means = this._memory.float32(m * stride);
    this._logits = this._memory.float32(2 * n);
    this._best = this._memory.int32(m);
  }

  async attend(): Promise<Float32Array> {
    const { patches, queries, quads } = this._layout;
    this._memory.kernels.attend(
      this.patches.byteOffset,
      patches,
      quads,
      this.linear.byteOffset,
      this.square.byteOffset,
      0,
      queries,
      this._logits.byteOffset,
      this._means.byteOffset,
      this._best.byteOffset,
    );
    return this._means;
  }

  setBest(best: Int32Array): void {
    this._best.set(best);
  }

  async readBest(): Promise<Int32Array> {
    return this._best.slice();
  }

  release(): void {
    // Its memory goes with it.
  }
}
