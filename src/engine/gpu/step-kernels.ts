/** The sampler's kernels, compiled once for a device. */
import { kernelNames, stepWgsl, type KernelName } from './step-wgsl.js';

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

function layoutOf(device: GPUDevice, bindings: readonly GPUBufferBindingLayout[], first = 0) {
  return device.createBindGroupLayout({
    entries: bindings.map((buffer, i) => ({
      binding: first + i,
      visibility: GPUShaderStage.COMPUTE,
      buffer,
    })),
  });
}

/** Pipelines and the layouts their bind groups follow: group 0 the state, group 1 the rest. */
export interface StepKernels {
  readonly device: GPUDevice;
  readonly stateLayout: GPUBindGroupLayout;
  /** Group 1 of `denoise`: the network's output. */
  readonly outputLayout: GPUBindGroupLayout;
  /** Group 1 of `preview`: where it writes, binding 1. */
  readonly previewLayout: GPUBindGroupLayout;
  readonly pipelines: Readonly<Record<KernelName, GPUComputePipeline>>;
}

/** Compiles the kernels. Throws: GPUPipelineError when the device refuses one. */
export async function createStepKernels(device: GPUDevice): Promise<StepKernels> {
  const stateLayout = layoutOf(device, stateBindings);
  const outputLayout = layoutOf(device, [readOnly]);
  const previewLayout = layoutOf(device, [storage], 1);
  const layouts: Record<KernelName, GPUBindGroupLayout[]> = {
    drift: [stateLayout],
    inject: [stateLayout],
    denoise: [stateLayout, outputLayout],
    preview: [stateLayout, previewLayout],
  };
  const module = device.createShaderModule({ label: 'sampler steps', code: stepWgsl });
  const compile = async (name: KernelName) => {
    const pipeline = await device.createComputePipelineAsync({
      label: name,
      layout: device.createPipelineLayout({ bindGroupLayouts: layouts[name] }),
      compute: { module, entryPoint: name },
    });
    return [name, pipeline] as const;
  };
  const pipelines = Object.fromEntries(await Promise.all(kernelNames.map(compile))) as Record<
    KernelName,
    GPUComputePipeline
  >;
  return { device, stateLayout, outputLayout, previewLayout, pipelines };
}
