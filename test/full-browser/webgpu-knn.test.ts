import { after, before, test } from 'node:test';
import { openDevice } from '../../src/gpu/device.ts';
import { kinds } from '../support/knn-kinds.ts';
import { seeded } from '../support/random.ts';
import { compare, kindsSuite, type Shape, ways, webGpuIndex } from '../support/webgpu-kinds.ts';

let device: GPUDevice;
before(async () => {
  device = (await openDevice()).device;
});
after(() => device.destroy());

const shapes: Shape[] = [
  [5000, 1, 65, [1, 30, 1000, 5000]],
  [5000, 3, 63, [1, 30, 1000]],
  [5000, 4, 64, [1, 30, 1000]],
  [5000, 5, 9, [1, 30, 1000]],
  [3000, 512, 9, [1, 30, 1000]],
  [1030, 4095, 2, [1, 30, 1000]],
  [1030, 4096, 9, [1, 30, 1000, 1030, 1031]],
];
kindsSuite(() => device, shapes);

for (const [way, options] of Object.entries(ways)) {
  test(`webgpu, ${way}: 20,000 rows of 1024 over buffers of 16 MiB`, async () => {
    const d = 1024;
    const values = kinds['ReLU-sparse']!(20_000, d, seeded(4));
    const index = await webGpuIndex(device, d, { ...options, mostBufferBytes: 2 ** 24 });
    index.add(values);
    for (const k of [1, 30, 1000]) await compare(index, values, values.slice(5 * d, 8 * d), k, `k ${k}`);
    index.close();
  });
}
