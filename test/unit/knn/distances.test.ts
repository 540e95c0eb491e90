import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorBound } from '../../../src/knn/backend/bounds.ts';
import { squaredDistance } from '../../../src/knn/js/distances.ts';
import { createWasmBackend } from '../../../src/knn/wasm/backend.ts';
import {
  compileKernels,
  type DistancesKernel,
  isSupported,
  testKernel,
} from '../../../src/knn/wasm/kernels.ts';
import { RowMemory } from '../../../src/knn/wasm/row-memory.ts';
import { gaussian, seeded } from '../../support/random.ts';

/** Both builds of assembly/distances.ts; the relaxed one only where the engine has relaxed SIMD, which a test states. */
for (const name of ['wasm', 'wasm-relaxed'] as const) {
  test(`kernel ${name}: every distance is within the bound of the float64 reference`, async () => {
    if (!isSupported(name)) {
      // Node 20 has relaxed SIMD behind a flag only.
      assert.equal(name, 'wasm-relaxed');
      await assert.rejects(compileKernels(name), (error) => error instanceof WebAssembly.CompileError);
      return;
    }
    const kernels = await compileKernels(name);
    const kernel = kernels.distances();
    const normal = gaussian(seeded(4));
    for (const [n, q, vectors] of [
      [1, 2, 2],
      [3, 2, 2],
      [4, 2, 4],
      [5, 4, 8],
      [32, 2, 16],
      [33, 2, 6],
      [67, 6, 258],
      [9, 4, 1026],
    ] as const) {
      const d = vectors * 4;
      const stride = d * 4;
      const queriesAt = n * stride;
      const packedAt = queriesAt + q * stride;
      const tileAt = packedAt + q * stride;
      const outAt = tileAt + 32768;
      const outStride = 4 * ((n + 3) & ~3);
      const bytes = outAt + q * outStride;
      const missing = Math.ceil((bytes - kernel.memory.buffer.byteLength) / 65536);
      if (missing > 0) kernel.memory.grow(missing);
      const floats = new Float32Array(kernel.memory.buffer);
      for (let i = 0; i < (n + q) * d; i++) floats[i] = normal();
      const exact = (i: number, row: number): number =>
        squaredDistance(floats, row * d, floats, (n + i) * d, d);

      const bound = errorBound(d, vectors + 2);
      for (let i = 0; i < q; i++) {
        kernel.squaredDistances({ rows: 0, n, query: queriesAt + i * stride, stride, out: outAt });
        for (let row = 0; row < n; row++) {
          const computed = floats[outAt / 4 + row]!;
          assert.ok(
            exact(i, row) >= bound.lower(computed) && exact(i, row) <= bound.upper(computed),
            `n ${n} q ${q} d ${d} at ${i}, ${row}: ${computed} for ${exact(i, row)}`,
          );
          assert.ok(computed <= bound.computedUpTo(exact(i, row)));
        }
      }

      const { productError } = new RowMemory(kernels, d);
      const zero = new Float32Array(d);
      const norm = (row: number): number => squaredDistance(floats, row * d, zero, 0, d);
      kernel.pack({ queries: queriesAt, pairs: q / 2, stride, packed: packedAt });
      kernel.products({
        rows: 0,
        n,
        packed: packedAt,
        pairs: q / 2,
        stride,
        tile: tileAt,
        out: outAt,
        outStride,
      });
      for (let row = 0; row < n; row++) {
        const relative = Math.abs(kernel.squaredNorm({ row: row * stride, stride }) / norm(row) - 1);
        assert.ok(relative < 1e-12, `norm of row ${row}, d ${d}`);
        for (let i = 0; i < q; i++) {
          const both = norm(row) + norm(n + i);
          const computed = both - 2 * floats[(outAt + i * outStride) / 4 + row]!;
          assert.ok(
            Math.abs(computed - exact(i, row)) <= productError * both,
            `product n ${n} q ${q} d ${d} at ${i}, ${row}`,
          );
        }
      }
    }
  });
}

test('candidates leave out only rows beyond their bound', async () => {
  const d = 33;
  const normal = gaussian(seeded(9));
  const backend = await createWasmBackend(d);
  const rows = Float32Array.from({ length: 500 * d }, normal);
  const queries = Float32Array.from({ length: 20 * d }, normal);
  backend.append(rows);
  for (const [q, { rows: listed, bound }] of (await backend.candidates(queries, 7)).entries()) {
    assert.ok(listed.length >= 7 && listed.length < 20, `${listed.length} candidates`);
    const inside = new Set(listed);
    for (let row = 0; row < 500; row++) {
      if (!inside.has(row)) assert.ok(squaredDistance(rows, row * d, queries, q * d, d) >= bound);
    }
  }
  backend.close();
});

test('the self-test passes a right kernel and finds one that is wrong, at once or only later', async () => {
  const { distances: instantiate } = await compileKernels('wasm');
  await testKernel('wasm', instantiate());
  const spoilt = (isWrong: (call: number) => boolean): DistancesKernel => {
    const kernel = instantiate();
    let call = 0;
    return {
      ...kernel,
      squaredDistances(values) {
        const { n, out } = values;
        kernel.squaredDistances(values);
        // One lane of one output, wrong by one part in a thousand.
        if (isWrong(call++)) new Float32Array(kernel.memory.buffer)[out / 4 + n - 1]! *= 1.001;
        return 0;
      },
      products(values) {
        const { n, out } = values;
        kernel.products(values);
        if (isWrong(call++)) new Float32Array(kernel.memory.buffer)[out / 4 + n - 1]! *= 1.001;
        return 0;
      },
    };
  };
  await assert.rejects(
    testKernel(
      'wasm',
      spoilt(() => true),
    ),
    /kernel computed/,
  );
  await assert.rejects(
    testKernel(
      'wasm',
      spoilt((call) => call === 500),
    ),
    /kernel computed/,
  );
  // As an optimising compiler does: the wrong code comes when the engine next is idle.
  let optimised = false;
  const late = spoilt(() => optimised);
  setTimeout(() => {
    optimised = true;
  }, 0);
  await assert.rejects(testKernel('wasm', late), /kernel computed/);
});

test('wasm: rows in many memories are searched and kept as in one', async () => {
  const d = 40;
  const n = 3000;
  const normal = gaussian(seeded(6));
  const values = Float32Array.from({ length: n * d }, normal);
  const kernels = await compileKernels('wasm');
  // About 500 rows a memory, and three blocks of codes.
  const small = await createWasmBackend(d, { kernels, maxBytes: 400_000 });
  const large = await createWasmBackend(d, { kernels });
  for (const backend of [small, large]) {
    backend.append(values.subarray(0, 1100 * d));
    backend.append(values.subarray(1100 * d));
    backend.remove([0, 5, 499, 500, 1500, 2999]);
    backend.set(700, values.subarray(0, d));
  }
  for (let row = 0; row < small.rows; row++) assert.deepEqual(small.row(row), large.row(row));
  const queries = Float32Array.from({ length: 20 * d }, normal);
  for (const k of [3, 2000]) {
    assert.deepEqual(await small.candidates(queries, k), await large.candidates(queries, k));
  }
});

test('wasm: rows that do not fit are refused, nothing changes, the rest goes on', async () => {
  const d = 1024;
  const kernels = await compileKernels('wasm');
  let memories = 0;
  const scarce = {
    ...kernels,
    distances: () => {
      if (memories++ > 0) throw new RangeError('no more');
      return kernels.distances(new WebAssembly.Memory({ initial: 1, maximum: 40 }));
    },
  };
  const backend = await createWasmBackend(d, { kernels: scarce });
  const values = Float32Array.from({ length: 100 * d }, gaussian(seeded(2)));
  backend.append(values);
  assert.throws(() => backend.append(new Float32Array(2000 * d)), {
    name: 'LikenessError',
    code: 'out-of-memory',
    message: /2100 rows of 1024 values do not fit/,
  });
  assert.equal(backend.rows, 100);
  const [found] = await backend.candidates(values.subarray(7 * d, 8 * d), 1);
  assert.deepEqual(Array.from(found!.rows), [7]);
  backend.close();
  assert.throws(() => backend.row(0), { code: 'closed' });
});
