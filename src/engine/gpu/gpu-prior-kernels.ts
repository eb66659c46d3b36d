/** The photo prior's loops on a GPU device, and on WebAssembly where a level is too large for it. */
import type {
  CoherentLayout,
  CoherentLoops,
  ExactLayout,
  ExactLoops,
  PriorKernels,
} from '../../prior/prior-kernels.js';
import { RepaintError } from '../../protocol/failure.js';
import { inErrorScopes } from './error-scopes.js';
import { coherentBytes, GpuCoherentLoops, type CoherentPipelines } from './gpu-coherent.js';
import { exactBytes, GpuExactLoops, type ExactPipelines } from './gpu-exact.js';
import { LoopBuffers } from './gpu-loops.js';
import { attendWgsl, matchWgsl, voteWgsl } from './prior-wgsl.js';

/** What a device is asked for at most. */
export interface LoopLimits {
  readonly bindingBytes: number;
  /**
   * Places, and pairs of patches, of one dispatch: some milliseconds on a slow graphics card, where
   * drivers take one of seconds for a hung one.
   */
  readonly placesAtOnce: number;
  readonly pairsAtOnce: number;
}

function limitsOf({ limits }: GPUDevice): LoopLimits {
  const bindingBytes = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  return { bindingBytes, placesAtOnce: 2 ** 17, pairsAtOnce: 2 ** 21 };
}

type Pipelines = CoherentPipelines & ExactPipelines;

async function compile(device: GPUDevice): Promise<Pipelines> {
  const pipelinesOf = (code: string, names: readonly string[]) => {
    const module = device.createShaderModule({ code });
    return names.map((entryPoint) =>
      device.createComputePipelineAsync({
        label: entryPoint,
        layout: 'auto',
        compute: { module, entryPoint },
      }),
    );
  };
  const [match, votePixels, voteTextures, attendTop, attendSum, attendMean] = await Promise.all([
    ...pipelinesOf(matchWgsl, ['matchPlaces']),
    ...pipelinesOf(voteWgsl, ['votePixels', 'voteTextures']),
    ...pipelinesOf(attendWgsl, ['attendTop', 'attendSum', 'attendMean']),
  ]);
  return { match, votePixels, voteTextures, attendTop, attendSum, attendMean };
}

export class GpuPriorKernels implements PriorKernels {
  private _isLost = false;

  private constructor(
    private readonly _device: GPUDevice,
    private readonly _pipelines: Pipelines,
    private readonly _otherwise: PriorKernels,
    private readonly _limits: LoopLimits,
  ) {
    void _device.lost.then(() => (this._isLost = true));
  }

  /**
   * `otherwise`: for what the device has no room for.
   * Throws: GPUPipelineError when the device refuses a kernel.
   */
  static async create(
    device: GPUDevice,
    otherwise: PriorKernels,
    limits: LoopLimits = limitsOf(device),
  ): Promise<GpuPriorKernels> {
    return new GpuPriorKernels(device, await compile(device), otherwise, limits);
  }

  /** True once the device is gone, and all that was on it. */
  get isLost(): boolean {
    return this._isLost;
  }

  openCoherent(layout: CoherentLayout): Promise<CoherentLoops> {
    const onGpu = (buffers: LoopBuffers) =>
      new GpuCoherentLoops(buffers, this._pipelines, layout, this._limits.placesAtOnce);
    const otherwise = () => this._otherwise.openCoherent(layout);
    return this._open(coherentBytes(layout), onGpu, otherwise);
  }

  openExact(layout: ExactLayout): Promise<ExactLoops> {
    const { pairsAtOnce } = this._limits;
    const onGpu = (buffers: LoopBuffers) =>
      new GpuExactLoops(buffers, this._pipelines, layout, pairsAtOnce);
    const otherwise = () => this._otherwise.openExact(layout);
    return this._open(exactBytes(layout, pairsAtOnce), onGpu, otherwise);
  }

  /** On the GPU where it has room for the level. */
  private async _open<T>(
    bytes: number,
    onGpu: (buffers: LoopBuffers) => T,
    otherwise: () => Promise<T>,
  ): Promise<T> {
    if (this._isLost || bytes > this._limits.bindingBytes) return otherwise();
    const buffers = new LoopBuffers(this._device, () => (this._isLost = true));
    try {
      const open = async () => onGpu(buffers);
      return await inErrorScopes(this._device, ['out-of-memory', 'validation'], open);
    } catch (error) {
      buffers.destroy();
      // A mapped buffer that the page has no memory for is a RangeError.
      const isTooLarge = error instanceof RangeError || error instanceof RepaintError;
      if (isTooLarge) return otherwise();
      throw error;
    }
  }
}
