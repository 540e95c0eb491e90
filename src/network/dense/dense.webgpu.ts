import denseCode from '#shaders/dense.wgsl';
import { LikenessError } from '../../base/errors.ts';
import { createStorageBuffer } from '../../gpu/buffer.ts';
import { createKernel } from '../../gpu/kernel.ts';
import { encodings, rowScales } from './encoding.ts';
import { type DenseLayer, readInSlices } from './layer.ts';

/** A dense layer on a GPU. */
export interface GpuDense {
  /**
   * Encodes the layer's work.
   *
   * @param x n × inputs float32; its length says n
   * @param y n × outputs float32
   */
  encode(pass: GPUComputePassEncoder, x: GPUBufferBinding, y: GPUBufferBinding, n: number): void;
  close(): void;
}

/**
 * Loads a layer into buffers of the device, as it is stored, a buffer a piece; it passes through JavaScript in slices.
 *
 * @throws LikenessError `no-backend` when the device has no room for it
 */
export async function createGpuDense(device: GPUDevice, layer: DenseLayer): Promise<GpuDense> {
  const { encoding, inputs, outputs, rows, layout, pieces } = layer;
  const kernel = await createKernel(device, 'dense', denseCode, {
    inputs,
    outputs,
    rows,
    form: encodings.indexOf(encoding),
  });
  device.pushErrorScope('out-of-memory');
  const made: GPUBuffer[] = [];
  const load = async (from: number, to: number, piece: DenseLayer['pieces'][number], label: string) => {
    const buffer = createStorageBuffer(device, to - from, label);
    made.push(buffer);
    await readInSlices(piece, from, to, (slice, at) => {
      // Lengths are multiples of four: so are all sections.
      device.queue.writeBuffer(buffer, at, slice as Uint8Array<ArrayBuffer>);
    });
    return buffer;
  };
  const loaded: GPUBuffer[][] = [];
  let failure: unknown;
  try {
    for (const [i, piece] of pieces.entries()) {
      const weights = await load(0, rows * layout.rowBytes, piece, `dense weights ${i}`);
      const scaleBytes = Math.ceil((rows * rowScales(encoding, inputs) * 2) / 4) * 4;
      const scales = await load(layout.scales, layout.scales + scaleBytes, piece, `dense scales ${i}`);
      const bias = await load(layout.bias, layout.byteLength, piece, `dense bias ${i}`);
      const firstRow = device.createBuffer({ size: 16, usage: 0x40 | 0x08 }); // UNIFORM | COPY_DST
      made.push(firstRow);
      device.queue.writeBuffer(firstRow, 0, Uint32Array.of(i * rows));
      loaded.push([weights, scales, bias, firstRow]);
    }
  } catch (error) {
    failure = error;
  }
  const close = (): void => {
    for (const buffer of made) buffer.destroy();
  };
  const noMemory = await device.popErrorScope();
  if (noMemory || failure) {
    close();
    if (failure) throw failure;
    throw new LikenessError(
      'no-backend',
      `The GPU has no memory for ${Math.ceil((outputs * layout.rowBytes) / 2 ** 20)} MiB of weights: ${noMemory?.message}`,
    );
  }
  return {
    encode(pass, x, y, n) {
      for (const [weights, scales, bias, firstRow] of loaded) {
        kernel.dispatch(
          pass,
          [weights!, scales!, bias!, x, y, firstRow!],
          [Math.ceil(rows / 4), Math.ceil(n / 4)],
        );
      }
    },
    close,
  };
}
