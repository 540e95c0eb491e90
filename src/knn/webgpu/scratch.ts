import { createStorageBuffer } from '../../gpu/buffer.ts';

/** Buffers of one search, destroyed together, and the commands that use them. */
export class Scratch {
  readonly device: GPUDevice;
  readonly #used: GPUBuffer[] = [];

  constructor(device: GPUDevice) {
    this.device = device;
  }

  storage(byteLength: number, label: string): GPUBuffer {
    return this.#keep(createStorageBuffer(this.device, byteLength, label));
  }

  upload(values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, label: string): GPUBuffer {
    const buffer = this.storage(values.byteLength, label);
    this.device.queue.writeBuffer(buffer, 0, values);
    return buffer;
  }

  /** A uniform of u32 values, then f32 values. */
  uniform(integers: readonly number[], floats: readonly number[] = []): GPUBuffer {
    const size = Math.ceil((integers.length + floats.length) / 4) * 16;
    const buffer = this.device.createBuffer({ size, usage: 0x40, mappedAtCreation: true }); // UNIFORM
    const mapped = buffer.getMappedRange();
    new Uint32Array(mapped).set(integers);
    new Float32Array(mapped).set(floats, integers.length);
    buffer.unmap();
    return this.#keep(buffer);
  }

  /** One submission. The caller divides the work, so that none runs into a watchdog. */
  submit(record: (pass: GPUComputePassEncoder) => void): void {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    record(pass);
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }

  destroy(): void {
    for (const buffer of this.#used.splice(0)) buffer.destroy();
  }

  #keep(buffer: GPUBuffer): GPUBuffer {
    this.#used.push(buffer);
    return buffer;
  }
}
