import { after, before, test } from 'node:test';
import { openDevice } from '../../../src/gpu/device.ts';
import { asQueries, kinds } from '../../support/knn-kinds.ts';
import { seeded } from '../../support/random.ts';
import { compare, kindsSuite, type Shape, ways, webGpuIndex } from '../../support/webgpu-kinds.ts';

/** Nothing of this file runs without. */
export const needs = 'webgpu';

let device: GPUDevice;
before(async () => {
  device = (await openDevice()).device;
});
after(() => device.destroy());

// Small enough for a software device; test/full-browser has the rest.
const shapes: Shape[] = [
  [1100, 3, 2, [1]],
  [1030, 65, 2, [30]],
];
kindsSuite(() => device, shapes);

for (const [way, options] of Object.entries(ways)) {
  test(`webgpu, ${way}: no, 1, 63, 64 and 65 queries`, async () => {
    const d = 68;
    const values = kinds['ReLU-sparse']!(1500, d, seeded(1));
    const index = await webGpuIndex(device, d, options);
    index.add(values);
    for (const count of [0, 1, 63, 64, 65]) {
      await compare(index, values, values.slice(0, count * d), 30, `${count} queries`);
    }
    index.close();
  });

  test(`webgpu, ${way}: any data, any shape`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seeded(seed);
    console.log(`# seed ${seed}`);
    const names = Object.keys(kinds);
    for (let round = 0; round < 6; round++) {
      const n = 1 + Math.floor(3000 * random() ** 2);
      const d = 1 + Math.floor(200 * random() ** 2);
      const k = 1 + Math.floor(random() * 100);
      const kind = names[Math.floor(random() * names.length)]!;
      const values = kinds[kind]!(n, d, random);
      const index = await webGpuIndex(device, d, options);
      index.add(values);
      const queries = asQueries(kinds[kind]!(1 + Math.floor(12 * random()), d, random));
      await compare(index, values, queries, k, `seed ${seed}: ${kind}, ${n} × ${d}, k ${k}`);
      index.close();
    }
  });
}
