/** Networks of one model on one device, by shape: opened, proved by their first calls, let go. */
import type { ImageShape } from '../../core/network.js';
import type { OnnxModel } from '../onnx-model.js';
import type { OrtWeb } from '../ort-web.js';
import { SessionPool, sizeOf, type BatchSize, type Releasable } from '../session-pool.js';
import { replaysFaithfully } from './capture-check.js';
import { inErrorScopes } from './error-scopes.js';
import { GpuMemory, type BufferCount } from './gpu-memory.js';
import { OrtGpuNetwork } from './gpu-network.js';

/** Sessions kept at once: one for each level of a fill, each with a copy of the weights. */
const maxSessions = 3;

/** What of a model the networks are made from. */
export interface GpuNetworkModel {
  readonly onnx: OnnxModel;
  readonly channels: number;
  readonly outChannels: number;
}

/** Knows what is open, what it takes, and whether the runtime captures graphs. */
export class GpuNetworks {
  /** ms the last session took to open, its first calls included. */
  openMs = 0;
  private readonly _pool = new SessionPool<OrtGpuNetwork>((size) => this._open(size), maxSessions);
  private readonly _memory: GpuMemory;
  /** What each network made when it was opened, by its shape. */
  private readonly _buffers = new Map<string, BufferCount>();
  private _captures = true;
  private _hasCaptured = false;

  constructor(
    private readonly _ort: OrtWeb,
    private readonly _device: GPUDevice,
    private readonly _model: GpuNetworkModel,
  ) {
    this._memory = new GpuMemory(_device);
  }

  /** False where the runtime refuses to capture graphs: each call is encoded anew. */
  get captures(): boolean {
    return this._captures;
  }

  /** `spare`: kept beside the usual ones until they are used next, to compare two batches. */
  acquire(shape: ImageShape, spare = 0): Promise<OrtGpuNetwork> {
    return this._pool.acquire(sizeOf(shape), spare);
  }

  release(shape: ImageShape): Promise<void> {
    return this._pool.release(sizeOf(shape));
  }

  releaseAll(): Promise<void> {
    return this._pool.releaseAll();
  }

  /**
   * Whether a network for so many images can be expected to fit beside those that are open, by
   * what the network for one has taken; a first one of its size by the weights alone.
   */
  fits(one: ImageShape, images: number): boolean {
    const { N, H, W } = sizeOf(one);
    if (this._pool.has({ N: N * images, H, W })) return true;
    const known = this._buffers.get(`${one}`);
    if (!known && images > 1) return false;
    const [smallest] = [...this._buffers.values()].sort((a, b) => a.totalBytes - b.totalBytes);
    return this._memory.fits(known ?? smallest, images, this._heldBytes());
  }

  private _heldBytes(): number {
    return this._pool.sizes.reduce((sum, { N, H, W }) => {
      const held = this._buffers.get(`${[N, this._model.channels, H, W]}`);
      return sum + (held?.totalBytes ?? 0);
    }, 0);
  }

  private async _open(size: BatchSize): Promise<OrtGpuNetwork> {
    const startedAt = performance.now();
    const { result, made } = await this._memory.count(() => this._openChecked(size));
    this._buffers.set(`${result.shape}`, made);
    this.openMs = performance.now() - startedAt;
    return result;
  }

  /** Opens a network and makes its first calls. */
  private async _openChecked(size: BatchSize): Promise<OrtGpuNetwork> {
    const captured = this._captures ? await this._openCaptured(size) : null;
    if (captured) {
      this._hasCaptured = true;
      return captured;
    }
    // What one size or batch is refused, another may still have.
    if (!this._hasCaptured) this._captures = false;
    const classLabels = new Int32Array(size.N);
    return this._openProved(size, false, (network) => network.run({ timestep: 500, classLabels }));
  }

  /** null where the runtime refuses to capture, or a replay is not what the first run was. */
  private _openCaptured(size: BatchSize): Promise<OrtGpuNetwork | null> {
    return this._openProved(size, true, async (network) => {
      if (!(await replaysFaithfully(this._device, network))) throw new Error('a wrong replay');
    }).catch(() => null);
  }

  /** A network that is not proved, or for which memory was short meanwhile, is let go. */
  private async _openProved(
    size: BatchSize,
    isCaptured: boolean,
    prove: (network: OrtGpuNetwork) => Promise<unknown>,
  ): Promise<OrtGpuNetwork> {
    const { onnx, channels, outChannels } = this._model;
    const options = { freeDimensions: { ...size }, keepsOutputOnGpu: true, isCaptured };
    const shape: ImageShape = [size.N, channels, size.H, size.W];
    let held = null as Releasable | null;
    try {
      return await inErrorScopes(this._device, ['out-of-memory'], async () => {
        const session = await this._ort.createSession(onnx, options);
        const { queue } = this._ort;
        held = { release: () => queue.run(() => session.release()) };
        const network = new OrtGpuNetwork(session, queue, this._device, shape, outChannels);
        held = network;
        await prove(network);
        return network;
      });
    } catch (error) {
      await held?.release().catch(() => undefined);
      throw error;
    }
  }
}
