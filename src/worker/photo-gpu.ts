/** The GPU that the photo's loops run on, once one has proved to compute what WebAssembly does. */
import { requestGpu } from '../engine/gpu-device.js';
import { GpuPriorKernels } from '../engine/gpu/gpu-prior-kernels.js';
import { agreesWithWasm } from '../prior/kernels-check.js';
import { wasmKernels } from '../prior/wasm-kernels.js';
import type { Backend } from '../protocol/compute-device.js';

/** A device of its own: a fill from the photo begins before any model, and its device, is there. */
export class PhotoGpu {
  private _opened: Promise<GpuPriorKernels | null> | null = null;

  /**
   * Null where WebAssembly is to do it: on request, or where the GPU is a software adapter that was
   * not asked for, answers wrongly, or has been lost. Never throws.
   */
  async kernels(backend: Backend | null): Promise<GpuPriorKernels | null> {
    if (backend === 'wasm') return null;
    this._opened ??= open(backend === 'webgpu').catch(() => null);
    const kernels = await this._opened;
    return kernels?.isLost ? null : kernels;
  }
}

async function open(allowSoftware: boolean): Promise<GpuPriorKernels | null> {
  const answer = await requestGpu(allowSoftware);
  if (answer.status === 'refused') return null;
  const { device } = answer.grant;
  const kernels = await GpuPriorKernels.create(device, wasmKernels);
  if (await agreesWithWasm(kernels)) return kernels;
  device.destroy();
  return null;
}
