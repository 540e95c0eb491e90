import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createStorageBuffer, readBuffers } from '../../../src/gpu/buffer.ts';
import { openDevice } from '../../../src/gpu/device.ts';
import type { Backend } from '../../../src/knn/backend/backend.ts';
import { FlatIndex, indexOver } from '../../../src/knn/flat-index.ts';
import { squaredDistance } from '../../../src/knn/js/distances.ts';
import { measure } from '../../../src/knn/measure.ts';
import { createWebGpuBackend } from '../../../src/knn/webgpu/backend.ts';
import { knnKernels } from '../../../src/knn/webgpu/kernels.ts';
import { Scratch } from '../../../src/knn/webgpu/scratch.ts';
import { fullTest } from '../../support/full.ts';
import { asQueries, kinds } from '../../support/knn-kinds.ts';
import { runSideBySide } from '../../support/knn-side-by-side.ts';
import { knnSuite } from '../../support/knn-suite.ts';
import { gaussian, seeded } from '../../support/random.ts';
import { compare, ways, webGpuIndex } from '../../support/webgpu-kinds.ts';

/** Nothing of this file runs without. */
export const needs = 'webgpu';

let device: GPUDevice;
const complaints: string[] = [];
before(async () => {
  device = (await openDevice()).device;
  device.addEventListener('uncapturederror', ({ error }) => complaints.push(error.message));
});
after(() => {
  device.destroy();
  assert.deepEqual(complaints, []);
});

knnSuite('webgpu', (dimension) => FlatIndex.create({ dimension, backend: 'webgpu', device }), { slow: true });

knnSuite('webgpu, codes', (dimension) => webGpuIndex(device, dimension, { scan: 'quantised' }), {
  slow: true,
});

knnSuite(
  'webgpu, float16 rows',
  (dimension) => FlatIndex.create({ dimension, backend: 'webgpu', device, deviceRows: 'float16' }),
  { slow: true },
);

test('webgpu: float16 rows take half of the device memory and answer the same; other kinds are refused', async () => {
  const d = 48; // too narrow for codes
  const rows = kinds['near-duplicate']!(3000, d, seeded(21));
  const query = rows.slice(0, 9 * d);
  const bytes: number[] = [];
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    if (descriptor.label?.startsWith('rows from')) bytes.push(descriptor.size);
    return createBuffer.call(this, descriptor);
  };
  try {
    for (const deviceRows of ['float32', 'float16'] as const) {
      const index = await FlatIndex.create({ dimension: d, backend: 'webgpu', device, deviceRows });
      index.add(rows);
      await compare(index, rows, query, 30, deviceRows);
      index.close();
    }
  } finally {
    GPUDevice.prototype.createBuffer = createBuffer;
  }
  assert.deepEqual(bytes, [4096 * d * 4, 4096 * d * 2]);
  const wrong = { dimension: d, deviceRows: 'float64' as 'float32' };
  await assert.rejects(FlatIndex.create(wrong), { code: 'bad-argument', message: /float64/ });
});

/** The smallest limits that a device may be asked for, and buffers cut smaller still. */
const smallLimits = {
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  maxBufferSize: 256 * 2 ** 20,
  maxComputeWorkgroupStorageSize: 16384,
};

test('webgpu: rows over many buffers, duplicates across their borders, on a device of default limits', async () => {
  const { device: small } = await openDevice(smallLimits);
  const d = 24;
  const normal = gaussian(seeded(3));
  // 64 rows a buffer: 700 rows are eleven buffers, the last of them with 60 rows.
  const backend = await createWebGpuBackend(small, d, { maxBufferBytes: 64 * d * 4 + 100 });
  const kinds = Float32Array.from({ length: 100 * d }, normal);
  const rows = Float32Array.from(
    { length: 700 * d },
    (_, i) => kinds[((Math.floor(i / d) * 37) % 100) * d + (i % d)]!,
  );
  backend.append(rows);
  const queries = Float32Array.from({ length: 11 * d }, normal);
  for (const [q, { rows: listed, bound }] of (await backend.candidates(queries, 20)).entries()) {
    const inside = new Set(listed);
    assert.equal(inside.size, listed.length);
    assert.ok(listed.length >= 20 && listed.length < 200);
    for (let row = 0; row < 700; row++) {
      if (!inside.has(row)) assert.ok(squaredDistance(rows, row * d, queries, q * d, d) >= bound);
    }
  }
  backend.remove([0, 63, 64, 65, 400, 699]);
  backend.append(rows.subarray(0, 5 * d));
  backend.set(100, rows.subarray(50 * d, 51 * d));
  const all = (await backend.candidates(queries.subarray(0, d), 699))[0]!;
  assert.deepEqual(
    [...all.rows].sort((a, b) => a - b),
    Array.from({ length: 699 }, (_, i) => i),
  );
  assert.equal(all.bound, Number.POSITIVE_INFINITY);
  backend.close();
  small.destroy();
});

test('webgpu: many rows go through several merges and parts', async () => {
  const d = 4;
  const count = 70_001;
  const random = seeded(12);
  const rows = Float32Array.from({ length: count * d }, () => Math.floor(64 * random()));
  const queries = Float32Array.from({ length: 9 * d }, () => Math.floor(64 * random()));
  const found = await Promise.all(
    (['webgpu', 'js'] as const).map(async (backend) => {
      const index = await FlatIndex.create({ dimension: d, backend, device });
      index.add(rows);
      const { rows: nearest, distances } = await index.search(queries, 100);
      index.close();
      return { nearest, distances };
    }),
  );
  assert.deepEqual(found[0], found[1]);
});

test('webgpu: the known question is answered right; auto keeps off a software device and says so', async () => {
  const backend = await createWebGpuBackend(device, 48);
  assert.ok((await measure(backend)) > 0);
  assert.equal(backend.rows, 0);
  // A backend that misses its nearest row is found out.
  const wrong: Backend = {
    name: 'webgpu',
    dimension: 48,
    get rows() {
      return backend.rows;
    },
    append: (values) => backend.append(values),
    set: (row, values) => backend.set(row, values),
    remove: (rows) => backend.remove(rows),
    row: (row) => backend.row(row),
    candidates: async (queries, k) =>
      (await backend.candidates(queries, k)).map(({ rows, bound }) => ({ rows: rows.slice(1), bound })),
    close: () => backend.close(),
  };
  await assert.rejects(measure(wrong), /missed row/);
  backend.close();
  const index = await FlatIndex.create({ dimension: 48, device });
  assert.match(index.backend, /^wasm/);
  assert.match(index.reason, /software/);
  index.close();
});

for (const [way, options] of Object.entries(ways)) {
  const whenLost = way === 'float16' || way === 'quantised' ? fullTest : test;
  whenLost(
    `webgpu, ${way}: another device takes over when the first is lost, as often as that happens`,
    async () => {
      const d = 70;
      const rows = Float32Array.from({ length: 1500 * d }, gaussian(seeded(41)));
      const opened: GPUDevice[] = [(await openDevice()).device];
      const index = await webGpuIndex(opened[0]!, d, {
        ...options,
        reopen: async () => {
          opened.push((await openDevice()).device);
          return opened.at(-1);
        },
      });
      index.add(rows);
      const query = rows.slice(7 * d, 9 * d);
      await compare(index, rows, query, 20, 'before');
      opened[0]!.destroy();
      await compare(index, rows, query, 20, 'after a loss between searches');
      const pending = index.search(query, 20);
      opened[1]!.destroy();
      assert.equal((await pending).rows[0], 7);
      await compare(index, rows, query, 20, 'after a loss during a search');
      assert.equal(opened.length, 3);
      index.close();
      opened[0]!.destroy();
    },
  );

  test(`webgpu, ${way}: queries that are on the device, special ones among them`, async () => {
    for (const d of [64, 67]) {
      const rows = Float32Array.from({ length: 1200 * d }, gaussian(seeded(43)));
      const queries = rows.slice(10 * d, 21 * d);
      queries[4 * d + 1] = -3e38;
      queries[5 * d + 2] = 1e30;
      const buffer = createStorageBuffer(device, queries.byteLength, 'queries of a test');
      device.queue.writeBuffer(buffer, 0, queries);
      const index = await webGpuIndex(device, d, options);
      index.add(rows);
      const asked = { buffer, count: 11 };
      const { rescored: _, ...found } = await index.search(asked, 30);
      const { rescored: __, ...wanted } = await index.search(queries, 30);
      assert.deepEqual(found, wanted);
      assert.deepEqual(
        (await index.search(asked, 5, { exclude: [10] })).rows,
        (await index.search(queries, 5, { exclude: [10] })).rows,
      );
      device.queue.writeBuffer(buffer, 4 * (3 * d + 2), Float32Array.of(Number.NaN));
      const refused = { code: 'bad-argument', message: /Query 3 has NaN as its value 2/ };
      await assert.rejects(index.search(asked, 30), refused);
      const tooMany = { buffer, count: 12 + d };
      await assert.rejects(index.search(tooMany, 1), { code: 'bad-argument', message: /holds up to/ });
      const onCpu = await FlatIndex.create({ dimension: d, backend: 'js' });
      await assert.rejects(onCpu.search(asked, 1), { code: 'bad-argument', message: /on a GPU/ });
      index.close();
      buffer.destroy();
    }
  });
}

test('round-queries: q̃ stays as near to q as it says, by float64; its sums are those of q̃', async () => {
  const { roundQueries } = await knnKernels(device);
  for (const [kind, make] of Object.entries(kinds)) {
    for (const d of [1, 67, 2500]) {
      const stride = 4 * Math.ceil(d / 4);
      const queries = asQueries(make(12, d, seeded(d)));
      // Shaders never see values beyond 2⁵⁰.
      const plain = queries.map((x) => Math.max(-(2 ** 50), Math.min(2 ** 50, x)));
      const padded = new Float32Array(12 * stride);
      for (let i = 0; i < 12; i++) padded.set(plain.subarray(i * d, (i + 1) * d), i * stride);
      const scratch = new Scratch(device);
      const rounded = scratch.storage(12 * stride, 'rounded');
      const sums = scratch.storage(12 * 16, 'sums');
      const buffers = [scratch.uniform([d, stride]), scratch.upload(padded, 'queries'), rounded, sums];
      scratch.submit((pass) => roundQueries.dispatch(pass, buffers, [12]));
      const [codes, told] = await readBuffers(device, [
        { buffer: rounded, byteLength: 12 * stride },
        { buffer: sums, byteLength: 12 * 16 },
      ]);
      scratch.destroy();
      for (let i = 0; i < 12; i++) {
        const [scale, squared, sum, moved] = new Float32Array(told!, 16 * i, 4) as unknown as number[];
        const q = new Int8Array(codes!, i * stride, stride);
        let lost = 0;
        let norm = 0;
        let total = 0;
        let size = 0;
        for (let j = 0; j < d; j++) {
          const value = plain[i * d + j]!;
          lost += (value - scale! * q[j]!) ** 2;
          norm += (scale! * q[j]!) ** 2;
          total += scale! * q[j]!;
          size = Math.max(size, Math.abs(value));
        }
        const where = `${kind}, ${d} values, query ${i}`;
        // A device may take denormal values for zeros, whose bound is none of this one's.
        assert.ok(moved! >= Math.sqrt(lost) || size < 2 ** -126, `${where}: ${moved} for ${Math.sqrt(lost)}`);
        assert.ok(moved! <= 2.1 * Math.sqrt(d) * Math.max(size / 127, 2 ** -100), `${where}: ${moved}`);
        assert.ok(Math.abs(squared! - norm) <= 1e-6 * norm + 2 ** -120, `${where}: ${squared} for ${norm}`);
        assert.ok(Math.abs(sum! - total) <= 1e-6 * size * d, `${where}: ${sum} for ${total}`);
      }
    }
  }
});

for (const [way, options] of Object.entries(ways)) {
  test(`webgpu, ${way}: queries of every kind on the device, answered as from memory`, async () => {
    for (const [kind, make] of Object.entries(kinds)) {
      const d = 67;
      const rows = make(1300, d, seeded(61));
      const queries = asQueries(make(6, d, seeded(62)));
      queries.set(asQueries(rows.subarray(3 * d, 4 * d)));
      const buffer = createStorageBuffer(device, queries.byteLength, 'queries of a test');
      device.queue.writeBuffer(buffer, 0, queries as Float32Array<ArrayBuffer>);
      const index = await webGpuIndex(device, d, options);
      index.add(rows);
      const { rescored: _, ...found } = await index.search({ buffer, count: 6 }, 20);
      const { rescored: __, ...wanted } = await index.search(queries, 20);
      assert.deepEqual(found, wanted, kind);
      index.close();
      buffer.destroy();
    }
  });
}

test('webgpu: queries on a device that was lost are refused', async () => {
  const { device: doomed } = await openDevice();
  const d = 8;
  const index = await webGpuIndex(doomed, d, { reopen: async () => (await openDevice()).device });
  index.add(Float32Array.from({ length: 100 * d }, gaussian(seeded(3))));
  const buffer = createStorageBuffer(doomed, 4 * d, 'queries of a test');
  assert.equal(index.device, doomed);
  doomed.destroy();
  for (let i = 0; i < 2; i++) {
    await assert.rejects(index.search({ buffer, count: 1 }, 3), { code: 'device-lost' });
  }
  assert.notEqual(index.device, doomed);
  assert.equal((await index.search(index.get(5), 3)).rows[0], 5);
  index.close();
});

for (const [way, options] of Object.entries(ways)) {
  test(`webgpu, ${way}: searches, reads, changes and aborts side by side`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const create = async () => ({ index: await webGpuIndex(device, 40, options) });
    const answered = await runSideBySide({ d: 40, rows: 1200, rounds: 25, create }, seed);
    assert.ok(answered > 15, `${answered} answers, seed ${seed}`);
  });
}

test('webgpu: codes that decide nothing are given up, and asked for again when the rows have doubled', async () => {
  const d = 128;
  // Closer together than the steps of codes of values around 100.
  const random = seeded(51);
  const rows = kinds['far from the origin']!(1500, d, random);
  const backend = await createWebGpuBackend(device, d);
  let asked = 0;
  const candidates = backend.candidates.bind(backend);
  backend.candidates = (queries, k, skip) => {
    asked++;
    return candidates(queries, k, skip);
  };
  const index = indexOver({ backend, reason: 'test' });
  index.add(rows);
  const queries = kinds['far from the origin']!(6, d, random);
  await compare(index, rows, queries, 30, 'codes first');
  const withCodes = asked;
  asked = 0;
  await compare(index, rows, queries, 30, 'codes given up');
  assert.ok(withCodes > 4, `asked ${withCodes} times`);
  assert.equal(asked, 1);
  index.add(rows);
  asked = 0;
  await index.search(queries, 30);
  assert.ok(asked > 1);
  index.close();
});

test('webgpu: a lost device is an error that says so; the rows are still there', async () => {
  const { device: doomed } = await openDevice();
  const index = await FlatIndex.create({ dimension: 4, backend: 'webgpu', device: doomed });
  index.add(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  doomed.destroy();
  await doomed.lost;
  await assert.rejects(index.search(new Float32Array(4), 1), { name: 'LikenessError', code: 'device-lost' });
  assert.deepEqual(index.get(1), Float32Array.of(5, 6, 7, 8));
  index.close();
});
