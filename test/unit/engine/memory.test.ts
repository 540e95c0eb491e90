import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Engine } from '../../../src/engine/engine.ts';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import type { Extractor } from '../../../src/network/extractor.ts';
import { loadedNetwork } from '../../support/loaded-network.ts';

test('what there is no memory for has a code in every call that reads pictures; the next call is answered', async () => {
  const dimension = 4;
  const preprocessing = { width: 1, height: 1 };
  const extractor = { manifest: { preprocessing }, dimension, batchSize: 2, threads: 1, backend: 'wasm' };
  const reader = {
    pixels: async () => Promise.reject(new RangeError('Array buffer allocation failed')),
    bytes: async () => undefined,
  };
  const index = await FlatIndex.create({ dimension });
  const engine = new Engine(loadedNetwork(extractor as unknown as Extractor), index, reader, {
    openStore: () => assert.fail('no store is named'),
  });
  const vector = Float32Array.of(1, 0, 0, 0);
  for (const call of [
    () => engine.add([{ id: 'a', source: 1 }]),
    () => engine.query([{ source: 1 }], { k: 1 }),
    () => engine.extract(1),
  ]) {
    await assert.rejects(call(), { code: 'out-of-memory', message: /nothing has changed/ });
  }
  assert.equal((await engine.add([{ id: 'a', vector }])).added, 1);
  assert.equal((await engine.query([{ vector }], { k: 1 }))[0]![0]!.id, 'a');
});
