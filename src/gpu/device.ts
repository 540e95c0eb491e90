import { LikenessError } from '../base/errors.ts';

/** A device of ours, and what it runs on. */
export interface OpenedDevice {
  device: GPUDevice;
  /** `vendor architecture`, as the adapter says. */
  adapter: string;
  /** A software adapter: right, but no faster than the CPU it runs on. */
  isSoftware: boolean;
}

/** What ONNX Runtime asks for where the adapter has it; our own kernels need none of it. */
const wantedFeatures: GPUFeatureName[] = ['shader-f16', 'subgroups'];
/** Limits that decide how large a buffer or a workgroup may be: all that the adapter has. */
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

/**
 * Opens a GPU device.
 *
 * @param limits instead of the adapter's; for tests of small devices
 * @throws LikenessError `no-backend` where there is no WebGPU, no adapter or no device
 */
export async function openDevice(limits?: Record<string, number>): Promise<OpenedDevice> {
  const gpu = globalThis.navigator?.gpu;
  if (!gpu) throw new LikenessError('no-backend', 'There is no WebGPU here (navigator.gpu is missing).');
  // Each device needs an adapter of its own: one that has given a device is spent.
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new LikenessError('no-backend', 'WebGPU has no adapter here.');
  const device = await adapter
    .requestDevice({
      requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
      requiredLimits: limits ?? Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]])),
    })
    .catch((error: Error) => {
      throw new LikenessError('no-backend', `WebGPU gives no device: ${error.message}`, { cause: error });
    });
  return described(device, adapter.info);
}

/** What a device that is open runs on. */
export const openedDevice = (device: GPUDevice): OpenedDevice => described(device, device.adapterInfo);

function described(device: GPUDevice, info: GPUAdapterInfo): OpenedDevice {
  const adapter = [info.vendor, info.architecture].filter((part) => part !== '').join(' ');
  return { device, adapter, isSoftware: isSoftwareAdapter(info) };
}

/** Whether an adapter runs on the CPU. Not all that do say so by `isFallbackAdapter`. */
export function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  const name = `${info.architecture} ${info.device} ${info.description}`;
  return info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe/i.test(name);
}
