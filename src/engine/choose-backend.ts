/** Puts the sampler's state on the GPU where that has proved to be right, else on the CPU. */
import type { ImageShape } from '../core/network.js';
import { RepaintError } from '../protocol/failure.js';
import type { Precision } from '../protocol/compute-device.js';
import { choosePrecision, type ToHalf } from './choose-precision.js';
import { CpuBackend } from './cpu-backend.js';
import { GpuBackend } from './gpu/gpu-backend.js';
import type { StoredModel } from './onnx-model.js';
import type { OrtWeb } from './ort-web.js';
import type { StateBackend } from './state-backend.js';

/** What the caller wants, and what it hands in. */
export interface BackendWishes {
  /** null = the faster of those that prove right. */
  readonly precision: Precision | null;
  readonly toHalf: ToHalf;
}

/** The GPU state takes no gradient, no quantile, and asks for class and no class in one call. */
function suitsGpuState({ manifest, classifier }: StoredModel): boolean {
  const { nullClassLabel, network, diffusion } = manifest.card;
  const isGuidable = nullClassLabel === null || !network.isFixedBatch;
  return isGuidable && !diffusion.threshold && !classifier;
}

/** null when the device or the runtime refuses the model in that precision, or the state does. */
async function openGpu(
  ort: OrtWeb,
  stored: StoredModel,
  precision: Precision,
): Promise<GpuBackend | null> {
  if (!ort.gpu || !suitsGpuState(stored)) return null;
  const { onnx, manifest } = stored;
  const { nullClassLabel, network } = manifest.card;
  const { channels, outChannels } = network;
  const model = { onnx, precision, channels, outChannels, nullClassLabel };
  return GpuBackend.create(ort, ort.gpu, model).catch(() => null);
}

/**
 * null when the GPU state is refused, differs from the CPU state, or has no way to give the network
 * its inputs: the CPU state has.
 */
async function openTrusted(
  ort: OrtWeb,
  model: StoredModel,
  shape: ImageShape,
): Promise<GpuBackend | null> {
  const backend = await openGpu(ort, model, 'float32');
  if (!backend) return null;
  const check = await backend.check(shape).catch((error: unknown) => {
    if (error instanceof RepaintError && error.code === 'modelShape') return null;
    throw error;
  });
  if (check?.isEqual) return backend;
  await backend.release();
  return null;
}

async function openHalf(
  ort: OrtWeb,
  model: StoredModel,
  toHalf: ToHalf,
): Promise<GpuBackend | null> {
  if (!ort.gpu?.device.features.has('shader-f16')) return null;
  try {
    const graph = toHalf(model.onnx.graph);
    return await openGpu(ort, { ...model, onnx: { ...model.onnx, graph } }, 'float16');
  } catch {
    return null;
  }
}

/** Opens the model at its native size and returns the backend that may be used. */
export async function chooseBackend(
  ort: OrtWeb,
  model: StoredModel,
  shape: ImageShape,
  { precision, toHalf }: BackendWishes,
): Promise<StateBackend> {
  const full = await openTrusted(ort, model, shape);
  if (full) return choosePrecision(precision, full, () => openHalf(ort, model, toHalf), shape);
  const { onnx, classifier } = model;
  const { nullClassLabel } = model.manifest.card;
  return new CpuBackend(ort, { onnx, classifier, nullClassLabel });
}

/** Settles when the GPU is gone; never without one. */
export async function watchDevice(ort: OrtWeb): Promise<RepaintError> {
  const info = await (ort.gpu?.device.lost ?? new Promise<never>(() => undefined));
  return new RepaintError('deviceLost', `The GPU was lost (${info.reason}): ${info.message}`);
}
