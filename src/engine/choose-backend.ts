/** Puts the sampler's state on the GPU where that has proved to be right, else on the CPU. */
import type { ImageShape } from '../core/network.js';
import { RepaintError } from '../protocol/failure.js';
import { CpuBackend } from './cpu-backend.js';
import { GpuBackend } from './gpu/gpu-backend.js';
import type { StoredModel } from './model-store.js';
import type { OrtWeb } from './ort-web.js';
import type { StateBackend } from './state-backend.js';

/** null when the GPU state is refused or differs from the CPU state. */
async function trustedGpuBackend(
  ort: OrtWeb,
  model: StoredModel,
  shape: ImageShape,
): Promise<GpuBackend | null> {
  if (!ort.gpu) return null;
  const { network, nullClassLabel } = model.manifest.card;
  const { channels, outChannels } = network;
  const gpuModel = { onnx: model.onnx, channels, outChannels, nullClassLabel };
  const backend = await GpuBackend.create(ort, ort.gpu, gpuModel).catch(() => null);
  if (!backend) return null;
  const { isEqual } = await backend.check(shape);
  if (isEqual) return backend;
  await backend.release();
  return null;
}

/** Opens the model at its native size and returns the backend that may be used. */
export async function chooseBackend(
  ort: OrtWeb,
  model: StoredModel,
  shape: ImageShape,
): Promise<StateBackend> {
  const gpu = await trustedGpuBackend(ort, model, shape);
  if (gpu) return gpu;
  const where = ort.gpu ? `${ort.gpu.description}, sampler on the CPU` : '1 thread';
  return new CpuBackend(ort, model.onnx, model.manifest.card.nullClassLabel, where);
}

/** Settles when the GPU is gone; never without one. */
export async function watchDevice(ort: OrtWeb): Promise<RepaintError> {
  const info = await (ort.gpu?.device.lost ?? new Promise<never>(() => undefined));
  return new RepaintError('deviceLost', `The GPU was lost (${info.reason}): ${info.message}`);
}
