/** Usage of a buffer that shaders, copies and ONNX Runtime may use. */
export const storageUsage: number = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST

/** Bytes rounded up as ONNX Runtime wants them. */
export const paddedBytes = (byteLength: number): number => Math.max(16, Math.ceil(byteLength / 16) * 16);

export function createStorageBuffer(device: GPUDevice, byteLength: number, label: string): GPUBuffer {
  return device.createBuffer({ label, size: paddedBytes(byteLength), usage: storageUsage });
}

/** The first `byteLength` bytes of a buffer. */
export interface BufferPart {
  buffer: GPUBuffer;
  byteLength: number;
}

/** Copies parts of buffers to the CPU, all in one read-back; resolves when all work submitted before is done. */
export async function readBuffers(device: GPUDevice, parts: readonly BufferPart[]): Promise<ArrayBuffer[]> {
  let size = 0;
  const places = parts.map(({ buffer, byteLength }) => {
    const place = { buffer, byteLength, at: size };
    size += paddedBytes(byteLength);
    return place;
  });
  const staging = device.createBuffer({ size, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
  try {
    const encoder = device.createCommandEncoder();
    for (const { buffer, byteLength, at } of places) {
      // Copies are of whole words.
      encoder.copyBufferToBuffer(buffer, 0, staging, at, 4 * Math.ceil(byteLength / 4));
    }
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(0x01);
    const mapped = staging.getMappedRange();
    return places.map(({ at, byteLength }) => mapped.slice(at, at + byteLength));
  } finally {
    staging.destroy();
  }
}

/** As {@link readBuffers}, of one buffer. */
export async function readBuffer(
  device: GPUDevice,
  buffer: GPUBuffer,
  byteLength: number,
): Promise<ArrayBuffer> {
  return (await readBuffers(device, [{ buffer, byteLength }]))[0]!;
}
