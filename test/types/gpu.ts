/** With WebGPU's types. */
import { type DeviceQueries, FlatIndex, type FlatIndexOptions } from 'likeness-search/knn';
import type { Same, Yes } from './exact.ts';

export type Checks = [
  Yes<Same<NonNullable<FlatIndexOptions['device']>, GPUDevice>>,
  Yes<Same<DeviceQueries['buffer'], GPUBuffer>>,
];

export async function use(device: GPUDevice, buffer: GPUBuffer): Promise<void> {
  const index = await FlatIndex.create({ dimension: 512, backend: 'webgpu', device, deviceRows: 'float16' });
  await index.search({ buffer, count: 1 }, 30, { signal: AbortSignal.timeout(1000) });
}
