/** Asks the browser for a WebGPU device that both ONNX Runtime and our own kernels use. */

/** Features that make the network faster where the adapter has them. */
const wantedFeatures: readonly GPUFeatureName[] = ['shader-f16', 'subgroups', 'timestamp-query'];

export interface GpuGrant {
  readonly device: GPUDevice;
  /** "vendor architecture description", as far as the browser tells. */
  readonly description: string;
}

/** Either a device, or one sentence saying why there is none. */
export type GpuAnswer =
  | { readonly status: 'granted'; readonly grant: GpuGrant }
  | { readonly status: 'refused'; readonly reason: string };

/** The limits large models need, as high as the adapter allows. */
function requiredLimits(limits: GPUSupportedLimits): Record<string, number> {
  return {
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    maxComputeWorkgroupSizeY: limits.maxComputeWorkgroupSizeY,
    maxComputeWorkgroupSizeZ: limits.maxComputeWorkgroupSizeZ,
    maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
  };
}

function describe(info: GPUAdapterInfo): string {
  const words = [info.vendor, info.architecture, info.description].filter((word) => word !== '');
  return words.join(' ') || 'unnamed adapter';
}

function refused(reason: string): GpuAnswer {
  return { status: 'refused', reason };
}

/** True for an adapter that computes on the CPU: slower there than WebAssembly is. */
function isSoftware(info: GPUAdapterInfo): boolean {
  return (
    info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(describe(info))
  );
}

/**
 * Requests a device. A software adapter is refused unless `allowSoftware`: it computes on the
 * CPU, many times slower than WebAssembly. Never throws.
 */
export async function requestGpu(allowSoftware: boolean): Promise<GpuAnswer> {
  const gpu = (navigator as Partial<Navigator>).gpu;
  if (!gpu) return refused('This browser has no WebGPU.');
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return refused('WebGPU found no graphics adapter.');
    const description = describe(adapter.info);
    if (isSoftware(adapter.info) && !allowSoftware) {
      return refused(`WebGPU offers only a software adapter (${description}).`);
    }
    const device = await adapter.requestDevice({
      requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
      requiredLimits: requiredLimits(adapter.limits),
    });
    return { status: 'granted', grant: { device, description } };
  } catch (error) {
    return refused(
      `WebGPU gave no device: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
