import assert from 'node:assert/strict';
import { test } from 'node:test';
import { squaredDistance } from '../../../src/backend/js/distance.ts';
import { createWasmBackend } from '../../../src/backend/wasm/backend.ts';
import { compileKernels, isSupported, type RowKernel, testKernel } from '../../../src/backend/wasm/kernel.ts';
import { errorBound } from '../../../src/knn/bounds.ts';
import { gaussian, seeded } from '../../support/random.ts';

/** Both builds of assembly/knn.ts; the relaxed one only where the engine has relaxed SIMD, which a test states. */
for (const name of ['wasm', 'wasm-relaxed'] as const) {
  test(`kernel ${name}: every distance is within the bound of the float64 reference`, async () => {
    if (!isSupported(name)) {
      // Node 20 has relaxed SIMD behind a flag only.
      assert.equal(name, 'wasm-relaxed');
      await assert.rejects(compileKernels(name), (error) => error instanceof WebAssembly.CompileError);
      return;
    }
    const kernel = (await compileKernels(name)).rows();
    const normal = gaussian(seeded(4));
    for (const [n, q, vectors] of [
      [1, 1, 1],
      [3, 1, 2],
      [4, 2, 1],
      [5, 3, 7],
      [32, 1, 16],
      [33, 2, 5],
      [67, 5, 257],
    ] as const) {
      const d = vectors * 4;
      const stride = d * 4;
      const queriesAt = n * stride;
      const outAt = queriesAt + q * stride;
      const bytes = outAt + n * q * 4;
      const missing = Math.ceil((bytes - kernel.memory.buffer.byteLength) / 65536);
      if (missing > 0) kernel.memory.grow(missing);
      const floats = new Float32Array(kernel.memory.buffer);
      for (let i = 0; i < (n + q) * d; i++) floats[i] = normal();
      kernel.squaredDistances(0, n, queriesAt, q, stride, outAt, n * 4);
      const bound = errorBound(d, vectors + 2);
      for (let i = 0; i < q * n; i++) {
        const computed = floats[outAt / 4 + i]!;
        const exact = squaredDistance(floats, (i % n) * d, floats, (n + Math.floor(i / n)) * d, d);
        assert.ok(
          exact >= bound.lower(computed) && exact <= bound.upper(computed),
          `n ${n} q ${q} d ${d} at ${i}: ${computed} for ${exact}`,
        );
        assert.ok(computed <= bound.computedUpTo(exact));
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
  const { rows: instantiate } = await compileKernels('wasm');
  await testKernel('wasm', instantiate());
  const spoilt = (isWrong: (call: number) => boolean): RowKernel => {
    const kernel = instantiate();
    let call = 0;
    return {
      ...kernel,
      squaredDistances(rows, n, queries, q, stride, out, outStride) {
        kernel.squaredDistances(rows, n, queries, q, stride, out, outStride);
        // One lane of one output, wrong by one part in a thousand.
        if (isWrong(call++)) new Float32Array(kernel.memory.buffer)[out / 4 + n * q - 1]! *= 1.001;
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
  const small = await createWasmBackend(d, { kernels, mostBytes: 400_000 });
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
    rows: () => {
      if (memories++ > 0) throw new RangeError('no more');
      return kernels.rows(new WebAssembly.Memory({ initial: 1, maximum: 40 }));
    },
  };
  const backend = await createWasmBackend(d, { kernels: scarce });
  const values = Float32Array.from({ length: 100 * d }, gaussian(seeded(2)));
  backend.append(values);
  assert.throws(() => backend.append(new Float32Array(2000 * d)), {
    name: 'LikenessError',
    code: 'bad-argument',
    message: /2100 rows of 1024 values do not fit/,
  });
  assert.equal(backend.rows, 100);
  const [found] = await backend.candidates(values.subarray(7 * d, 8 * d), 1);
  assert.deepEqual(Array.from(found!.rows), [7]);
  backend.close();
  assert.throws(() => backend.row(0), { code: 'closed' });
});
