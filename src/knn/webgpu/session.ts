import { openDevice } from '../../gpu/device.ts';
import type { Rows } from '../backend/rows.ts';
import type { Packing } from './code.ts';
import { CodeBuffers } from './code-buffers.ts';
import { type KnnKernels, knnKernels } from './kernels.ts';
import { LeftOut } from './left-out.ts';
import { RowBuffers } from './row-buffers.ts';
import { type KernelShape, kernelShape } from './shape.ts';

export interface WebGpuBackendOptions {
  /** Rows are divided over buffers of at most this size. Default: what the device allows. */
  maxBufferBytes?: number | undefined;
  /** `codes`: bounds from 8-bit codes first; `rows`: full rows always. Default: codes where they pay. */
  scan?: 'codes' | 'rows' | undefined;
  /** How codes lie on the device. Default: by how much of the rows is zero, and whether packed products are here. */
  codes?: Packing | undefined;
  /** What full rows are on the device; in memory they are float32. Default: `float32`. */
  storage?: 'float32' | 'float16' | undefined;
  /**
   * Gives another device after the first was lost; the rows go there from memory. Undefined: the loss is an error.
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
  codes: CodeBuffers;
  leftOut: LeftOut;
  /** Set once the device is lost. */
  lost: GPUDeviceLostInfo | undefined;
}

export async function openSession(
  device: GPUDevice,
  rows: Rows,
  { maxBufferBytes = Number.POSITIVE_INFINITY, storage = 'float32', codes }: WebGpuBackendOptions,
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
    codes: new CodeBuffers(device, rows, max, codes),
    leftOut: new LeftOut(device, rows),
    lost: undefined,
  };
  void device.lost.then((info) => {
    session.lost = info;
  });
  return session;
}

export function closeSession({ floats, codes, leftOut }: Session): void {
  floats.destroy();
  codes.destroy();
  leftOut.destroy();
}

export async function reopenDevice({ reason }: GPUDeviceLostInfo): Promise<GPUDevice | undefined> {
  // Whoever destroyed the device meant it.
  return reason === 'destroyed' ? undefined : (await openDevice()).device;
}
