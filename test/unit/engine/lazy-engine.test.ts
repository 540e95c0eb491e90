import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Engine } from '../../../src/engine/engine.ts';
import { LazyNetwork } from '../../../src/engine/lazy-network.ts';
import type { Pixels } from '../../../src/image/pixels.ts';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import type { Extractor } from '../../../src/network/extractor.ts';
import type { Manifest } from '../../../src/network/manifest.ts';
import type { Store } from '../../../src/store/format/files.ts';
import { MemoryStore } from '../../../src/store/media/store.memory.ts';

const dimension = 3;
const manifest = {
  name: 'mean',
  version: '1',
  fingerprint: 'mean@1:0000000000000000',
  output: { name: 'features', dimension },
  preprocessing: { width: 1, height: 1, resample: 'bicubic', channels: 'RGB', mean: [0, 0, 0] },
} as unknown as Manifest;

/** An engine whose network is counted as it loads: its features are the one pixel of a picture. */
async function lazyEngine() {
  let loads = 0;
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const network = new LazyNetwork(manifest, async () => {
    loads++;
    await held;
    const extractor: Extractor = {
      manifest,
      dimension,
      backend: 'wasm',
      threads: 1,
      batchSize: 4,
      extract: async (input) => input.slice(),
      explain: async () => {
        throw new Error('not asked');
      },
      close: async () => {},
    };
    return { extractor, reason: 'test', modelFiles: { where: 'memory', warnings: [] } };
  });
  const index = await FlatIndex.create({ dimension });
  const reader = { pixels: async (pixels: Pixels) => pixels, bytes: async () => undefined };
  const engine = new Engine<Pixels, Store>(network, index, reader, { openStore: async (store) => store });
  return { engine, loads: () => loads, letGo };
}

const pixel = (...rgb: number[]): Pixels => ({
  width: 1,
  height: 1,
  rgba: Uint8ClampedArray.of(...rgb, 255),
});
const items = [
  { id: 'a', vector: Float32Array.of(1, 0, 0), meta: { n: 1 } },
  { id: 'b', vector: Float32Array.of(0, 1, 0), meta: { n: 2 } },
  { id: 'c', vector: Float32Array.of(0, 0.9, 0.1) },
];

test('calls that need no network load none', async () => {
  const { engine, loads } = await lazyEngine();
  assert.equal((await engine.add(items)).added, 3);
  assert.deepEqual(
    (await engine.query([{ id: 'b' }], { k: 1 })).map((hits) => hits.map(({ id }) => id)),
    [['c']],
  );
  assert.equal((await engine.query([{ vector: items[0]!.vector }], { k: 1 }))[0]![0]!.id, 'a');
  const both = await engine.query([{ id: 'a' }, { vector: items[1]!.vector }], {
    k: 1,
    weights: [[1, -0.2]],
  });
  assert.equal(both[0]!.length, 1);
  const { counts } = await engine.distances([{ id: 'a' }], { bins: 2 });
  assert.equal(
    counts.reduce((a, b) => a + b),
    2,
  );
  assert.equal(await engine.has('a'), true);
  assert.deepEqual(await engine.vector('a'), items[0]!.vector);
  assert.equal((await engine.features()).values.length, 9);
  assert.equal((await engine.entries()).entries.length, 3);
  const saved = new MemoryStore('saved');
  await engine.save(saved);
  const exported = await engine.export();
  assert.ok(exported.size > 0);
  assert.equal(await engine.import(saved), 3);
  await engine.compact();
  const { job } = await engine.duplicates({ begin: { maxDistance: 0.3, listed: true } });
  let groups: unknown[] | undefined;
  while (!groups) groups = (await engine.duplicates({ job })).groups;
  assert.equal(groups.length, 1);
  assert.equal(await engine.remove(['c']), 1);
  const report = await engine.report();
  assert.deepEqual([report.extractor, report.modelFiles, report.size], [null, null, 2]);
  assert.equal(report.model.fingerprint, manifest.fingerprint);
  assert.equal(engine.running, undefined);
  await engine.close();
  assert.equal(loads(), 0);
});

test('the first calls that extract load it once; what needs none is answered meanwhile', async () => {
  const { engine, loads, letGo } = await lazyEngine();
  await engine.add(items);
  const waiting = [
    engine.add([{ id: 'd', source: pixel(0, 0, 9) }]),
    engine.query([{ source: pixel(0, 0, 1) }], { k: 4 }),
    engine.distances([{ source: pixel(1, 0, 0) }], { bins: 3 }),
    engine.extract(pixel(5, 6, 7)),
    engine.loadNetwork(),
  ] as const;
  assert.equal((await engine.query([{ id: 'a' }], { k: 9 }))[0]!.length, 2);
  assert.equal(await engine.remove(['b']), 1);
  assert.equal((await engine.add([{ id: 'e', vector: Float32Array.of(0, 0, 1) }])).added, 1);
  assert.equal((await engine.report()).extractor, null);
  assert.equal(loads(), 1);
  letGo();
  const [added, , , vector, running] = await Promise.all(waiting);
  assert.equal(added.added, 1);
  assert.deepEqual([...vector], [5, 6, 7]);
  assert.deepEqual(running, { batchSize: 4, threads: 1, where: 'memory' });
  assert.deepEqual(
    (await engine.entries()).entries.map(({ id }) => id),
    ['a', 'c', 'e', 'd'],
  );
  const report = await engine.report();
  assert.equal(report.extractor?.backend, 'wasm');
  assert.deepEqual(report.modelFiles, { where: 'memory', warnings: [] });
  assert.equal(loads(), 1);
  await engine.close();
});

test('an abort ends a call that waits for the network; the engine goes on', async () => {
  const { engine, loads, letGo } = await lazyEngine();
  const control = new AbortController();
  const reason = new Error('enough');
  const { signal } = control;
  const calls = [
    engine.add([{ id: 'd', source: pixel(0, 0, 9) }], { signal }),
    engine.query([{ source: pixel(0, 0, 1) }], { k: 4, signal }),
    engine.extract(pixel(0, 0, 1), { signal }),
  ];
  for (const call of calls) call.catch(() => {});
  const stays = engine.extract(pixel(1, 2, 3));
  await new Promise((resolve) => setTimeout(resolve));
  control.abort(reason);
  for (const call of calls) await assert.rejects(call, reason);
  assert.equal(engine.size, 0);
  letGo();
  assert.deepEqual([...(await stays)], [1, 2, 3]);
  assert.equal(loads(), 1);
  await engine.close();
});

test('close while the network is loaded ends the calls that wait for it', async () => {
  const { engine, letGo } = await lazyEngine();
  const calls = [engine.extract(pixel(1, 2, 3)), engine.query([{ source: pixel(1, 2, 3) }], { k: 1 })];
  for (const call of calls) call.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve));
  const closing = engine.close();
  letGo();
  await closing;
  for (const call of calls) await assert.rejects(call, { code: 'closed' });
});
