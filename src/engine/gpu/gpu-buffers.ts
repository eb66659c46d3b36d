/** The buffers of one GPU state, in the order of its bind group. */
import type { ImageShape } from '../../core/network.js';
import { readBuffer } from './read-buffer.js';
import { paramsSizeBytes } from './step-params.js';

const storageUsage = (): number =>
  GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/** Words of the report: first bad transition, count, min and max as ordered bits. */
const reportStart = Uint32Array.of(0xffffffff, 0, 0xffffffff, 0);
export const reportSizeBytes = reportStart.byteLength;

/** What a network output held that is not finite. */
export interface FiniteReport {
  /** 0xffffffff = none so far. */
  readonly transition: number;
  readonly count: number;
  /** Range of the finite values of that output. */
  readonly min: number;
  readonly max: number;
}

/** Inverse of the shader's orderedBits; an untouched bound gives the infinity it stands for. */
function fromOrderedBits(bits: number, untouched: number, infinity: number): number {
  if (bits === untouched) return infinity;
  const word = bits >>> 31 === 1 ? bits & 0x7fffffff : ~bits;
  return new Float32Array(Uint32Array.of(word >>> 0).buffer)[0];
}

type ImageBuffer = 'xt' | 'x0Hat' | 'known' | 'keepMask' | 'keys' | 'recorded';

/** Owns every buffer but `xt`, which is the network's input. */
export class GpuBuffers {
  readonly params: GPUBuffer;
  readonly x0Hat: GPUBuffer;
  readonly known: GPUBuffer;
  readonly keepMask: GPUBuffer;
  readonly keys: GPUBuffer;
  readonly recorded: GPUBuffer;
  readonly report: GPUBuffer;
  /** Shapes: [N, H, W] packed RGBA8. */
  readonly preview: GPUBuffer;

  constructor(
    private readonly _device: GPUDevice,
    shape: ImageShape,
    readonly xt: GPUBuffer,
  ) {
    const imagesBytes = 4 * shape[0] * shape[1] * shape[2] * shape[3];
    this.params = _device.createBuffer({
      size: paramsSizeBytes,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.x0Hat = this._storage(imagesBytes);
    this.known = this._storage(imagesBytes);
    this.keepMask = this._storage(imagesBytes);
    this.keys = this._storage(8 * shape[0]);
    this.recorded = this._storage(imagesBytes);
    this.report = this._storage(reportSizeBytes);
    this.preview = this._storage(4 * shape[0] * shape[2] * shape[3]);
    this.resetReport();
  }

  bindGroup(layout: GPUBindGroupLayout): GPUBindGroup {
    const { params, xt, x0Hat, known, keepMask, keys, recorded, report } = this;
    const buffers = [params, xt, x0Hat, known, keepMask, keys, recorded, report];
    return this._device.createBindGroup({
      layout,
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  write(name: ImageBuffer, values: Float32Array | Uint32Array, atBytes = 0): void {
    const { buffer, byteOffset, byteLength } = values;
    this._device.queue.writeBuffer(this[name], atBytes, buffer, byteOffset, byteLength);
  }

  resetReport(): void {
    this._device.queue.writeBuffer(this.report, 0, reportStart);
  }

  async readReport(): Promise<FiniteReport> {
    const bytes = await readBuffer(this._device, this.report, reportSizeBytes);
    const [transition, count, min, max] = new Uint32Array(bytes);
    return {
      transition,
      count,
      min: fromOrderedBits(min, 0xffffffff, Infinity),
      max: fromOrderedBits(max, 0, -Infinity),
    };
  }

  destroy(): void {
    const { params, x0Hat, known, keepMask, keys, recorded, report, preview } = this;
    const own = [params, x0Hat, known, keepMask, keys, recorded, report, preview];
    for (const buffer of own) buffer.destroy();
  }

  private _storage(sizeBytes: number): GPUBuffer {
    return this._device.createBuffer({ size: Math.max(16, sizeBytes), usage: storageUsage() });
  }
}
