import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gpuBuild } from '../../../src/assets/gpu-build.ts';
import { LikenessError } from '../../../src/base/errors.ts';
import type { EngineQuery } from '../../../src/engine/call-types.ts';
import { Engine } from '../../../src/engine/engine.ts';
import { openDevice } from '../../../src/gpu/device.ts';
import type { Pixels } from '../../../src/image/pixels.ts';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import type { Extractor, GpuExtractor } from '../../../src/network/extractor.ts';
import { createGpuExtractor } from '../../../src/network/extractor.webgpu.ts';
import { loadRuntime } from '../../../src/network/runtime.browser.ts';
import type { Store } from '../../../src/store/format/files.ts';
import { fullTest } from '../../support/full.ts';
import { kinds } from '../../support/knn-kinds.ts';
import { loadedNetwork } from '../../support/loaded-network.ts';
import { noCpu } from '../../support/on-cpu.ts';
import { seeded } from '../../support/random.ts';
import { builtAssets } from '../../support/runtime.ts';
import { modelInMemory, seededWeights } from '../../support/seeded-vgg16.ts';

/** Nothing of this file runs without. */
export const needs = 'webgpu';

const d = 64;
let device: GPUDevice;
let extractor: GpuExtractor;

before(async () => {
  device = (await openDevice()).device;
  const weights = seededWeights({ widths: [4, 6, 8, 8, 8], inputSize: 64, fc1: d }, 5);
  const runtime = await loadRuntime(gpuBuild(), builtAssets());
  extractor = await createGpuExtractor(await modelInMemory(weights), runtime, device, noCpu);
});
after(async () => {
  await extractor.close();
  device.destroy();
});

type Source = Pixels | 'broken';

function picture(seed: number): Pixels {
  const random = seeded(seed);
  return {
    width: 64,
    height: 64,
    rgba: Uint8Array.from({ length: 4 * 64 * 64 }, (_, i) => (i % 4 === 3 ? 255 : 256 * random())),
  };
}

/** An engine over `rows`, searched on the device of the network. */
async function engineOver(network: Extractor, rows: Float32Array): Promise<Engine<Source, Store>> {
  const index = await FlatIndex.create({ dimension: d, backend: 'webgpu', device });
  const reader = {
    async pixels(source: Source) {
      if (source === 'broken') throw new LikenessError('bad-image', 'This picture is broken.');
      return source;
    },
    bytes: async () => undefined,
  };
  const engine = new Engine<Source, Store>(loadedNetwork(network), index, reader, {
    openStore: async (store) => store,
  });
  const items = Array.from({ length: rows.length / d }, (_, row) => ({
    id: `row ${row}`,
    vector: rows.subarray(row * d, (row + 1) * d),
  }));
  await engine.add([...items, { id: 'picture 1', source: picture(1) }]);
  return engine;
}

/** The same network, whose features have to be read back. */
function inMemory({ extractToBuffer: _, ...network }: GpuExtractor): Extractor {
  return network;
}

/** What `work` resolves to, and how often it read anything back from the device. */
async function countReadBacks<T>(work: () => Promise<T>): Promise<{ result: T; readBacks: number }> {
  const { mapAsync } = GPUBuffer.prototype;
  let readBacks = 0;
  GPUBuffer.prototype.mapAsync = function (mode, ...rest) {
    if (mode === GPUMapMode.READ) readBacks++;
    return mapAsync.call(this, mode, ...rest);
  };
  try {
    return { result: await work(), readBacks };
  } finally {
    GPUBuffer.prototype.mapAsync = mapAsync;
  }
}

/** Features: of a length of 1, as the network gives them. */
function normalised(kind: string, n: number): Float32Array {
  const rows = kinds[kind]!(n, d, seeded(7)).map(Math.abs);
  for (let at = 0; at < rows.length; at += d) {
    const row = rows.subarray(at, at + d);
    const length = Math.hypot(...row) || 1;
    for (let j = 0; j < d; j++) row[j]! /= length;
  }
  return rows;
}

const indexes = {
  'few rows, in full': normalised('random', 200),
  'packed codes': normalised('random', 1500),
  'codes in columns': normalised('ReLU-sparse', 1500),
};

for (const [name, rows] of Object.entries(indexes)) {
  const register = name === 'packed codes' ? fullTest : test;
  register(`a query is one read-back, from the picture to the neighbours: ${name}`, async () => {
    const engine = await engineOver(extractor, rows);
    const twoSteps = await engineOver(inMemory(extractor), rows);
    const sets: EngineQuery<Source>[][] = [
      [{ source: picture(1) }],
      [2, 3, 4].map((seed) => ({ source: picture(seed) })),
    ];
    for (const queries of sets) {
      for (const options of [{ k: 5 }, { k: 3, exclude: ['picture 1'], maxDistance: 0.9 }]) {
        const { result, readBacks } = await countReadBacks(() => engine.query(queries, options));
        assert.equal(readBacks, 1, `${queries.length} queries`);
        const before = await countReadBacks(() => twoSteps.query(queries, options));
        assert.equal(before.readBacks, 2);
        assert.deepEqual(result, before.result);
      }
    }
    assert.equal((await engine.query(sets[0]!, { k: 1 }))[0]![0]!.id, 'picture 1');
    // More than one run of the network takes, and queries that have features already.
    const mixed: EngineQuery<Source>[] = [{ source: picture(2) }, { vector: rows.subarray(7 * d, 8 * d) }];
    const many = Array.from({ length: 11 }, (_, seed) => ({ source: picture(seed) }));
    for (const queries of [mixed, many, []]) {
      assert.deepEqual(await engine.query(queries, { k: 4 }), await twoSteps.query(queries, { k: 4 }));
    }
    await Promise.all([engine, twoSteps].map((each) => each.query(sets[1]!, { k: 2 })));
  });
}

test('what cannot be read and what is not finite is refused as in two steps, and the next query is answered', async () => {
  const rows = indexes['packed codes'];
  const damaged: GpuExtractor = {
    ...extractor,
    async extract(input, n) {
      const values = await extractor.extract(input, n);
      values[(n - 1) * d + 3] = Number.NaN;
      return values;
    },
    async extractToBuffer(input, n) {
      const buffer = await extractor.extractToBuffer(input, n);
      device.queue.writeBuffer(buffer, 4 * ((n - 1) * d + 3), Float32Array.of(Number.NaN));
      return buffer;
    },
  };
  const engines = await Promise.all(
    [extractor, inMemory(extractor), damaged].map((network) => engineOver(network, rows)),
  );
  const [one, two, notFinite] = engines as [
    Engine<Source, Store>,
    Engine<Source, Store>,
    Engine<Source, Store>,
  ];
  const good = { source: picture(2) };
  const bad = { source: 'broken' as const };
  for (const engine of [one, two]) {
    await assert.rejects(engine.query([bad], { k: 1 }), { code: 'bad-image', message: /^This picture is/ });
    await assert.rejects(engine.query([good, bad], { k: 1 }), { code: 'bad-image', message: /^Query 1: / });
  }
  await assert.rejects(notFinite.query([good], { k: 1 }), {
    code: 'bad-model',
    message: /^The network gave/,
  });
  await assert.rejects(notFinite.query([good, good], { k: 1 }), {
    code: 'bad-model',
    message: /^Query 1: The network gave/,
  });
  assert.deepEqual(await one.query([good], { k: 9 }), await two.query([good], { k: 9 }));
});
