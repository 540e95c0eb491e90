import { openDevice } from '../../../../src/gpu/device.ts';
import { FlatIndex, indexOver } from '../../../../src/knn/flat-index.ts';
import { createWebGpuBackend } from '../../../../src/knn/webgpu/backend.ts';

/** Ours, as anybody calls it. */
async function fill(index, { rows }) {
  index.add(rows);
  return {
    search: async (queries, k) => {
      const found = await index.search(queries, k);
      // What an index says of its search beyond the answer, where it does.
      return { rows: found.rows, rescored: found.rescored };
    },
    close: () => index.close(),
  };
}

const cpu = (backend) => async (data) =>
  fill(await FlatIndex.create({ dimension: data.d, backend, threads: 1 }), data);
export const wasm = cpu('wasm');
export const js = cpu('js');

const gpu = (create) => async (data) => {
  const { device } = await openDevice();
  const index = await fill(await create(device, data.d), data);
  return {
    ...index,
    close: () => {
      index.close();
      device.destroy();
    },
  };
};
export const webgpu = gpu((device, dimension) => FlatIndex.create({ dimension, backend: 'webgpu', device }));
/** Its float32 kernel alone, without codes. */
export const webgpuFloat32 = gpu(async (device, dimension) =>
  indexOver({
    backend: await createWebGpuBackend(device, dimension, { scan: 'rows' }),
    reason: 'bench',
  }),
);
