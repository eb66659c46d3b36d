/** The sampler's kernels, compiled once for a device. */
import { kernelNames, stepWgsl } from './step-wgsl.js';
import type { KernelName } from './step-wgsl.js';

const storage = { type: 'storage' } as const;
const readOnly = { type: 'read-only-storage' } as const;
const stateBindings = [
  { type: 'uniform' } as const,
  storage, // xt
  storage, // x0Hat
  readOnly, // known
  readOnly, // keepMask
  readOnly, // keys
  readOnly, // recorded
  storage, // report
];

function layoutOf(device: GPUDevice, bindings: readonly GPUBufferBindingLayout[]) {
  return device.createBindGroupLayout({
    entries: bindings.map((buffer, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer,
    })),
  });
}

/** Pipelines and the layouts their bind groups follow: group 0 the state, group 1 the output. */
export interface StepKernels {
  readonly device: GPUDevice;
  readonly stateLayout: GPUBindGroupLayout;
  readonly outputLayout: GPUBindGroupLayout;
  readonly pipelines: Readonly<Record<KernelName, GPUComputePipeline>>;
}

/** Compiles the kernels. Throws: GPUPipelineError when the device refuses one. */
export async function createStepKernels(device: GPUDevice): Promise<StepKernels> {
  const stateLayout = layoutOf(device, stateBindings);
  const outputLayout = layoutOf(device, [readOnly]);
  const module = device.createShaderModule({ label: 'sampler steps', code: stepWgsl });
  const compile = async (name: KernelName) => {
    const groups = name === 'denoise' ? [stateLayout, outputLayout] : [stateLayout];
    const pipeline = await device.createComputePipelineAsync({
      label: name,
      layout: device.createPipelineLayout({ bindGroupLayouts: groups }),
      compute: { module, entryPoint: name },
    });
    return [name, pipeline] as const;
  };
  const pipelines = Object.fromEntries(await Promise.all(kernelNames.map(compile))) as Record<
    KernelName,
    GPUComputePipeline
  >;
  return { device, stateLayout, outputLayout, pipelines };
}
