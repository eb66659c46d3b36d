/** A level of all patches, on a GPU. */
import type { ExactLayout, ExactLoops } from '../../prior/prior-kernels.js';
import { pieces, type BoundKernel, type LoopBuffers } from './gpu-loops.js';
import { paramsWords } from './prior-wgsl.js';

export interface ExactPipelines {
  readonly attendTop: GPUComputePipeline;
  readonly attendSum: GPUComputePipeline;
  readonly attendMean: GPUComputePipeline;
}

/** Invocations that keep a GPU busy; where queries are fewer, each one's patches are parted. */
const busy = 16_384;
const mostSlices = 64;

/** How a level is cut: so many queries a dispatch, each over so many slices of the patches. */
interface Cut {
  readonly rows: number;
  readonly slices: number;
}

function cutOf({ patches, queries }: ExactLayout, pairsAtOnce: number): Cut {
  const rows = Math.max(1, Math.min(queries, Math.floor(pairsAtOnce / patches)));
  return { rows, slices: Math.max(1, Math.min(mostSlices, patches, Math.ceil(busy / rows))) };
}

/** Bytes of the largest buffer that a level would bind. */
export function exactBytes(layout: ExactLayout, pairsAtOnce: number): number {
  const { patches, queries, quads } = layout;
  const { rows, slices } = cutOf(layout, pairsAtOnce);
  return 16 * (quads + 1) * Math.max(patches, queries, rows * slices);
}

export class GpuExactLoops implements ExactLoops {
  readonly patches: Float32Array;
  readonly linear: Float32Array;
  readonly square: Float32Array;
  private readonly _cut: Cut;
  private readonly _patches: GPUBuffer;
  private readonly _linear: GPUBuffer;
  private readonly _square: GPUBuffer;
  private readonly _means: GPUBuffer;
  private readonly _best: GPUBuffer;
  private readonly _top: BoundKernel;
  private readonly _sum: BoundKernel;
  private readonly _mean: BoundKernel;
  private _isFilled = false;

  /** `pairsAtOnce`: most pairs of a query and a patch of one dispatch. */
  constructor(
    private readonly _buffers: LoopBuffers,
    pipelines: ExactPipelines,
    private readonly _layout: ExactLayout,
    pairsAtOnce: number,
  ) {
    const { patches, queries, quads } = _layout;
    const { rows, slices } = (this._cut = cutOf(_layout, pairsAtOnce));
    const bytes = 16 * quads;
    this._patches = _buffers.storage(bytes * patches, true);
    this.patches = new Float32Array(this._patches.getMappedRange());
    this.linear = new Float32Array(4 * quads * queries);
    this.square = new Float32Array(4 * quads * queries);
    this._linear = _buffers.storage(bytes * queries);
    this._square = _buffers.storage(bytes * queries);
    this._means = _buffers.storage(bytes * queries);
    this._best = _buffers.storage(4 * queries);
    const tops = _buffers.storage(8 * rows * slices);
    const sums = _buffers.storage((bytes + 16) * rows * slices);
    const asked = { 1: this._patches, 2: this._linear, 3: this._square, 4: tops };
    this._top = _buffers.bind(pipelines.attendTop, asked);
    this._sum = _buffers.bind(pipelines.attendSum, { ...asked, 5: sums });
    const made = { 6: this._means, 7: this._best };
    this._mean = _buffers.bind(pipelines.attendMean, { 4: tops, 5: sums, ...made });
  }

  async attend(): Promise<Float32Array> {
    const { patches, queries, quads } = this._layout;
    const { rows, slices } = this._cut;
    this._fill();
    this._buffers.write(this._linear, this.linear);
    this._buffers.write(this._square, this.square);
    for (const [first, end] of pieces(queries, rows)) {
      const params = new Uint32Array(paramsWords);
      params.set([first, end, patches, quads, slices]);
      const each = (end - first) * slices;
      const steps = [
        { ...this._top, invocations: each },
        { ...this._sum, invocations: each },
        { ...this._mean, invocations: (end - first) * quads },
      ];
      this._buffers.dispatch(steps, params);
    }
    return new Float32Array(await this._buffers.read(this._means, 16 * quads * queries));
  }

  setBest(best: Int32Array): void {
    this._buffers.write(this._best, best);
  }

  async readBest(): Promise<Int32Array> {
    return new Int32Array(await this._buffers.read(this._best, 4 * this._layout.queries));
  }

  release(): void {
    this._buffers.destroy();
  }

  private _fill(): void {
    if (!this._isFilled) this._patches.unmap();
    this._isFilled = true;
  }
}
