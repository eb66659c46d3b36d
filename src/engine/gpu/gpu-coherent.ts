/** A level of few candidates a place, on a GPU: only queries go up, only votes come back. */
import type { CoherentLayout, CoherentLoops, MatchPass } from '../../prior/prior-kernels.js';
import { pieces, type BoundKernel, type LoopBuffers } from './gpu-loops.js';
import { paramsWords } from './prior-wgsl.js';

export interface CoherentPipelines {
  readonly match: GPUComputePipeline;
  readonly votePixels: GPUComputePipeline;
  readonly voteTextures: GPUComputePipeline;
}

/** What a kernel is told beside the level. */
type LoopNumbers = MatchPass & { readonly gain: number };

const area = ({ width, height }: { width: number; height: number }) => width * height;

/** Bytes of the largest buffer that a level would bind. */
export function coherentBytes({ picture, window }: CoherentLayout): number {
  return 16 * Math.max(area(picture), area(window));
}

export class GpuCoherentLoops implements CoherentLoops {
  readonly sources: Float32Array;
  readonly textures: Float32Array;
  readonly queries: Float32Array;
  readonly queryTextures: Float32Array;
  private readonly _filled: GPUBuffer[];
  private readonly _queries: GPUBuffer;
  private readonly _queryTextures: GPUBuffer;
  /** The matches so far and those that a search writes, in turn. */
  private readonly _matches: readonly GPUBuffer[];
  private readonly _kernel: GPUBuffer;
  private readonly _votes: GPUBuffer;
  /** By which of the two matches they read. */
  private readonly _match: readonly BoundKernel[];
  private readonly _votePixels: readonly BoundKernel[];
  private readonly _voteTextures: readonly BoundKernel[];
  private _at = 0;

  /** `atOnce`: most invocations of one dispatch. */
  constructor(
    private readonly _buffers: LoopBuffers,
    pipelines: CoherentPipelines,
    private readonly _layout: CoherentLayout,
    private readonly _atOnce: number,
  ) {
    const { radius, picture, window } = _layout;
    const [length, windowLength] = [area(picture), area(window)];
    const sources = _buffers.storage(16 * length, true);
    const textures = _buffers.storage(16 * length, true);
    this._filled = [sources, textures];
    this.sources = new Float32Array(sources.getMappedRange());
    this.textures = new Float32Array(textures.getMappedRange());
    this.queries = new Float32Array(4 * windowLength);
    this.queryTextures = new Float32Array(4 * windowLength);
    this._queries = _buffers.storage(16 * windowLength);
    this._queryTextures = _buffers.storage(16 * windowLength);
    this._matches = [_buffers.storage(4 * windowLength), _buffers.storage(4 * windowLength)];
    this._kernel = _buffers.storage(4 * (2 * radius + 1) ** 2);
    this._votes = _buffers.storage(16 * _layout.pixels.length);
    const valid = _buffers.holding(_layout.valid);
    const places = _buffers.holding(_layout.places);
    const pixels = _buffers.holding(_layout.pixels);
    const known = { 1: sources, 2: textures, 3: valid };
    const asked = { 4: this._queries, 5: this._queryTextures, 6: places };
    const bindEach = (bind: (own: GPUBuffer, other: GPUBuffer) => BoundKernel) =>
      [0, 1].map((k) => bind(this._matches[k], this._matches[1 - k]));
    this._match = bindEach((own, other) =>
      _buffers.bind(pipelines.match, { ...known, ...asked, 7: own, 8: other }),
    );
    const voting = { 3: pixels, 4: this._kernel };
    this._votePixels = bindEach((own) =>
      _buffers.bind(pipelines.votePixels, { ...voting, 1: sources, 2: own, 5: this._votes }),
    );
    this._voteTextures = bindEach((own) =>
      _buffers.bind(pipelines.voteTextures, {
        ...voting,
        1: textures,
        2: own,
        6: this._queryTextures,
      }),
    );
  }

  setMatches(matches: Int32Array): void {
    for (const buffer of this._filled.splice(0)) buffer.unmap();
    // Both: a search writes its places alone.
    for (const buffer of this._matches) this._buffers.write(buffer, matches);
  }

  setQueries(): void {
    this._buffers.write(this._queries, this.queries);
    this._buffers.write(this._queryTextures, this.queryTextures);
  }

  match(pass: MatchPass): void {
    this._dispatch(this._match[this._at], this._layout.places.length, pass);
    this._at = 1 - this._at;
  }

  voteTextures(kernel: Float32Array, gain: number): void {
    this._buffers.write(this._kernel, kernel);
    this._dispatch(this._voteTextures[this._at], this._layout.pixels.length, { gain });
  }

  async vote(kernel: Float32Array): Promise<Float32Array> {
    const { length } = this._layout.pixels;
    this._buffers.write(this._kernel, kernel);
    this._dispatch(this._votePixels[this._at], length);
    return new Float32Array(await this._buffers.read(this._votes, 16 * length));
  }

  async readMatches(): Promise<Int32Array> {
    const bytes = 4 * area(this._layout.window);
    return new Int32Array(await this._buffers.read(this._matches[this._at], bytes));
  }

  release(): void {
    this._buffers.destroy();
  }

  private _dispatch(
    kernel: BoundKernel,
    count: number,
    { seed = 0, reach = 0, randoms = 0, spread = 0, gain = 0 }: Partial<LoopNumbers> = {},
  ): void {
    const { radius, picture, window } = this._layout;
    const params = new Uint32Array(paramsWords);
    params.set([picture.width, area(picture), window.width, area(window), radius], 2);
    params.set([seed, reach, randoms, spread], 7);
    new Float32Array(params.buffer)[11] = gain;
    for (const [first, end] of pieces(count, this._atOnce)) {
      params.set([first, end]);
      this._buffers.dispatch([{ ...kernel, invocations: end - first }], params);
    }
  }
}
