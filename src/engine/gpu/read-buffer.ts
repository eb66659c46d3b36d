/** Copies the start of a GPU buffer out. Throws: OperationError when the device is lost. */
export async function readBuffer(
  device: GPUDevice,
  source: GPUBuffer,
  sizeBytes: number,
): Promise<ArrayBuffer> {
  const staging = device.createBuffer({
    size: sizeBytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, staging, 0, sizeBytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}
