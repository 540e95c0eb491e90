import { openDevice } from '../../gpu/device.ts';
import type { Rows } from '../backend/rows.ts';
import { type KnnKernels, knnKernels } from './kernels.ts';
import type { Packing } from './quantise.ts';
import { QuantisedBuffers } from './quantised-buffers.ts';
import { RowBuffers } from './row-buffers.ts';
import { RowMask } from './row-mask.ts';
import { type KernelShape, kernelShape } from './shape.ts';

export interface WebGpuBackendOptions {
  /** Rows are divided over buffers of at most this size. Default: what the device allows. */
  maxBufferBytes?: number | undefined;
  /** `quantised`: bounds from rows of 8 bits first; `rows`: full rows always. Default: quantised where that pays. */
  scan?: 'quantised' | 'rows' | undefined;
  /** How quantised rows lie on the device. Default: by how much of the rows is zero, and whether packed products are here. */
  packing?: Packing | undefined;
  /** What full rows are on the device; in memory they are float32. Default: `float32`. */
  storage?: 'float32' | 'float16' | undefined;
  /**
   * Gives another device when the first was lost; the rows go there from memory. If it gives undefined, the loss is an error.
   * Default: opens one, unless the lost device was destroyed on purpose.
   */
  reopen?: ((info: GPUDeviceLostInfo) => Promise<GPUDevice | undefined>) | undefined;
}

/** What is on one device. */
export interface Session {
  device: GPUDevice;
  kernels: KnnKernels;
  shape: KernelShape;
  floats: RowBuffers;
  quantised: QuantisedBuffers;
  mask: RowMask;
  /** Set once the device is lost. */
  lost: GPUDeviceLostInfo | undefined;
}

export async function openSession(
  device: GPUDevice,
  rows: Rows,
  { maxBufferBytes = Number.POSITIVE_INFINITY, storage = 'float32', packing }: WebGpuBackendOptions,
): Promise<Session> {
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const max = Math.min(maxBufferBytes, maxStorageBufferBindingSize, maxBufferSize);
  const floats = new RowBuffers(device, rows, max, storage === 'float16' ? 2 : 4);
  const kernels = await knnKernels(device);
  const session: Session = {
    device,
    kernels,
    shape: await kernelShape(device, kernels),
    floats,
    quantised: new QuantisedBuffers(device, rows, max, packing),
    mask: new RowMask(device, rows),
    lost: undefined,
  };
  void device.lost.then((info) => {
    session.lost = info;
  });
  return session;
}

export function closeSession({ floats, quantised, mask }: Session): void {
  floats.destroy();
  quantised.destroy();
  mask.destroy();
}

export async function reopenDevice({ reason }: GPUDeviceLostInfo): Promise<GPUDevice | undefined> {
  // The device was destroyed on purpose.
  return reason === 'destroyed' ? undefined : (await openDevice()).device;
}
