import { after, before, test } from 'node:test';
import { openDevice } from '../../src/gpu/device.ts';
import { kinds } from '../support/knn-kinds.ts';
import { seeded } from '../support/random.ts';
import { compare, kindsSuite, type Shape, ways, webGpuIndex } from '../support/webgpu-kinds.ts';

/** Nothing of this file runs without. */
export const needs = 'webgpu';

let device: GPUDevice;
before(async () => {
  device = (await openDevice()).device;
});
after(() => device.destroy());

// Where many rows tie, each query asks again and again: many queries at once are in test/browser.
const shapes: Shape[] = [
  [2100, 1, 2, [1, 30, 1000, 2100, 2101]],
  [5000, 3, 2, [1, 30, 1000]],
  [2100, 4, 2, [30, 1000]],
  [5000, 5, 9, [30]],
  [2100, 512, 2, [1, 30, 1000]],
  [2100, 512, 16, [30]],
  [1030, 4095, 2, [30]],
  [1030, 4096, 2, [1, 1000, 1030, 1031]],
  [1030, 4096, 9, [30]],
];
kindsSuite(() => device, shapes);

for (const [way, options] of Object.entries(ways)) {
  test(`webgpu, ${way}: 20,000 rows of 1024 over buffers of 16 MiB`, async () => {
    const d = 1024;
    const values = kinds['ReLU-sparse']!(20_000, d, seeded(4));
    const index = await webGpuIndex(device, d, { ...options, maxBufferBytes: 2 ** 24 });
    index.add(values);
    for (const k of [1, 30, 1000]) await compare(index, values, values.slice(5 * d, 8 * d), k, `k ${k}`);
    index.close();
  });
}
