/** Usage of a buffer that shaders, copies and ONNX Runtime may use. */
export const storageUsage: number = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST

/** Bytes rounded up as ONNX Runtime wants them. */
export const paddedBytes = (byteLength: number): number => Math.max(16, Math.ceil(byteLength / 16) * 16);

export function createStorageBuffer(device: GPUDevice, byteLength: number, label: string): GPUBuffer {
  return device.createBuffer({ label, size: paddedBytes(byteLength), usage: storageUsage });
}

/** Copies `byteLength` bytes of a buffer to the CPU; resolves when all work submitted before is done. */
export async function readBuffer(
  device: GPUDevice,
  source: GPUBuffer,
  byteLength: number,
): Promise<ArrayBuffer> {
  const size = paddedBytes(byteLength);
  const staging = device.createBuffer({ size, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(0x01);
    return staging.getMappedRange().slice(0, byteLength);
  } finally {
    staging.destroy();
  }
}
