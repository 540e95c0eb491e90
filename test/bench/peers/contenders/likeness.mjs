import { openDevice } from '../../../../src/gpu/device.ts';
import { FlatIndex } from '../../../../src/knn/flat-index.ts';

/** Ours, as anybody calls it. */
async function create({ rows, d }, options) {
  const index = await FlatIndex.create({ dimension: d, ...options });
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

export const wasm = (data) => create(data, { backend: 'wasm', threads: 1 });
export const js = (data) => create(data, { backend: 'js' });

export async function webgpu(data) {
  const { device } = await openDevice();
  const index = await create(data, { backend: 'webgpu', device });
  return {
    ...index,
    close: () => {
      index.close();
      device.destroy();
    },
  };
}
