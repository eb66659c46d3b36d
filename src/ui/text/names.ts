/** Names of what can be chosen, in the panel's language. */
import type { ComputeDevice, Precision } from '../../protocol/compute-device.js';
import type { DeviceInfo } from '../../protocol/worker-api.js';
import type { SamplerName } from '../../protocol/fill.js';
import type { BackendChoice, PrecisionChoice, PresetChoice } from '../fill/choices.js';
import { msg } from '../host/localisation.js';
import { listed } from './format.js';

/** Names of the shipped model's classes; another model's are shown as its card has them. */
const classNames: Record<string, () => string> = {
  daisy: () => msg('Daisy'),
  dandelion: () => msg('Dandelion'),
  roses: () => msg('Roses'),
  sunflowers: () => msg('Sunflowers'),
  tulips: () => msg('Tulips'),
  scenery: () => msg('Scenery'),
};

export function className(name: string): string {
  return classNames[name]?.() ?? name.charAt(0).toUpperCase() + name.slice(1);
}

export const presetTitles: Record<PresetChoice, () => string> = {
  draft: () => msg('Draft'),
  balanced: () => msg('Good'),
  best: () => msg('Best'),
  custom: () => msg('Custom'),
};

export const samplerTitles: Record<SamplerName, () => string> = {
  repaint: () => msg('RePaint'),
  replace: () => msg('Replace, no resampling'),
  slowdown: () => msg('Slowdown, more steps'),
  sdedit: () => msg('SDEdit, restarts'),
};

/** What a model runs on and in what precision: "WebGPU, nvidia ampere, 16-bit". */
export function deviceText({ backend, adapter, precision }: ComputeDevice): string {
  const where =
    backend === 'webgpu' ? [msg('WebGPU'), adapter] : [msg('Processor'), msg('1 thread')];
  return listed([...where, precisionNames[precision]()]);
}

/** The same, and how much of it the GPU does. */
export function runningText(device: DeviceInfo): string {
  if (device.backend === 'wasm') return deviceText(device);
  const sampler =
    device.sampler === 'gpu' ? msg('sampler on the GPU') : msg('sampler on the processor');
  return listed([deviceText(device), sampler, device.isCaptured ? msg('captured graph') : '']);
}

const precisionNames: Record<Precision, () => string> = {
  float32: () => msg('32-bit'),
  float16: () => msg('16-bit'),
};

export const precisionTitles: Record<PrecisionChoice, () => string> = {
  automatic: () => msg('Automatic'),
  float32: () => msg('Full, 32-bit'),
  float16: () => msg('Half, 16-bit'),
};

export const backendTitles: Record<BackendChoice, () => string> = {
  automatic: () => msg('Automatic'),
  webgpu: () => msg('WebGPU'),
  wasm: () => msg('Processor (wasm)'),
};
