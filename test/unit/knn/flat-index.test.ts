import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import { knnSuite } from '../../support/knn-suite.ts';

knnSuite('js', (dimension) => FlatIndex.create({ dimension, backend: 'js' }));
knnSuite('wasm', (dimension) => FlatIndex.create({ dimension, backend: 'wasm' }));

test('a wrong dimension or backend is refused', async () => {
  for (const dimension of [0, -1, 2.5, 65537, Number.NaN]) {
    await assert.rejects(FlatIndex.create({ dimension }), { code: 'bad-argument' });
  }
  await assert.rejects(FlatIndex.create({ dimension: 4, backend: 'abacus' as never }), {
    code: 'bad-argument',
  });
});

test('auto takes WebAssembly where it runs, and says why', async () => {
  const index = await FlatIndex.create({ dimension: 4 });
  assert.match(index.backend, /^wasm/);
  assert.ok(index.reason.length > 10);
  index.close();
});
