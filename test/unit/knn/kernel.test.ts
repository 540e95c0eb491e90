import assert from 'node:assert/strict';
import { test } from 'node:test';
import { squaredDistance } from '../../../src/backend/js/distance.ts';
import { createWasmBackend } from '../../../src/backend/wasm/backend.ts';
import { instantiateKernel, isSupported, type Kernel, testKernel } from '../../../src/backend/wasm/kernel.ts';
import { errorBound } from '../../../src/knn/bounds.ts';
import { gaussian, seeded } from '../../support/random.ts';

/** Both builds of assembly/knn.ts; the relaxed one only where the engine has relaxed SIMD, which a test states. */
for (const name of ['wasm', 'wasm-relaxed'] as const) {
  test(`kernel ${name}: every distance is within the bound of the float64 reference`, async () => {
    if (!isSupported(name)) {
      // Node 20 has relaxed SIMD behind a flag only.
      assert.equal(name, 'wasm-relaxed');
      await assert.rejects(instantiateKernel(name), (error) => error instanceof WebAssembly.CompileError);
      return;
    }
    const kernel = await instantiateKernel(name);
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
  await testKernel(await instantiateKernel('wasm'));
  const spoilt = async (isWrong: (call: number) => boolean): Promise<Kernel> => {
    const kernel = await instantiateKernel('wasm');
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
  await assert.rejects(testKernel(await spoilt(() => true)), /kernel computed/);
  await assert.rejects(testKernel(await spoilt((call) => call === 500)), /kernel computed/);
  // As an optimising compiler does: the wrong code comes when the engine next is idle.
  let optimised = false;
  const late = await spoilt(() => optimised);
  setTimeout(() => {
    optimised = true;
  }, 0);
  await assert.rejects(testKernel(late), /kernel computed/);
});

test('wasm: rows that do not fit are refused, nothing changes, the rest goes on', async () => {
  const d = 1024;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 40 });
  const backend = await createWasmBackend(d, await instantiateKernel('wasm', memory));
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
