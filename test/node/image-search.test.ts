import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Progress } from '../../src/engine/types.ts';
import { ImageSearch } from '../../src/node.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { MemoryStore } from '../../src/store/media/store.memory.ts';
import { root, samples, withFolder } from '../support/cli.ts';

const sample = (name: string): string => join(samples, `${name}.jpeg`);
const names = [
  'A001',
  'A002',
  'A010',
  'B001',
  'B002',
  'C001',
  'C005',
  'D001',
  'E001',
  'F001',
  'G001',
  'H001',
];
const items = names.map((id) => ({ id, image: sample(id) }));

describe('ImageSearch in Node', () => {
  test('takes paths, URLs, bytes, blobs and pixels, and gives the expected features', async () => {
    await using search = await ImageSearch.open();
    const expected = JSON.parse(
      await readFile(join(root, 'test/fixtures/vgg16-compact.expected.json'), 'utf8'),
    );
    const wanted: number[] = expected.pictures['A001.jpeg'].normalised_fc1;
    const bytes = await readFile(sample('A001'));
    for (const image of [sample('A001'), pathToFileURL(sample('A001')), bytes, new Blob([bytes])]) {
      const features = await search.extract(image);
      assert.ok(features.every((value, j) => Math.abs(value - wanted[j]!) < 1e-6));
    }
    const flat = await search.extract({ width: 2, height: 2, rgba: new Uint8Array(16).fill(255) });
    assert.ok(Math.abs(Math.hypot(...flat) - 1) < 1e-6);
  });

  test('the same bits come out of every number of threads', async () => {
    const all: Float32Array[] = [];
    for (const threads of [1, 2, 3]) {
      await using search = await ImageSearch.open({ threads });
      // Six times over: more batches than threads.
      const many = Array.from({ length: 6 }, (_, n) =>
        items.map(({ id, image }) => ({ id: `${n}/${id}`, image })),
      ).flat();
      const progress: Progress[] = [];
      const report = await search.add(many, { onProgress: (step) => progress.push(step) });
      assert.deepEqual([report.added, report.failed.length, search.size], [many.length, 0, many.length]);
      assert.deepEqual(progress.at(-1), {
        phase: 'add',
        done: many.length,
        total: many.length,
        extracted: many.length,
      });
      const { ids, values } = await search.features();
      assert.deepEqual(
        ids,
        many.map(({ id }) => id),
      );
      all.push(values);
      assert.equal((await search.report()).extractor!.threads, threads);
    }
    assert.deepEqual(all[1], all[0]);
    assert.deepEqual(all[2], all[0]);
  });

  test('a query takes a filter, exclusions and a largest distance, before it takes the k nearest', async () => {
    await using search = await ImageSearch.open();
    await search.add(items);
    const query = await search.vector(names[0]!);
    const all = await search.query(query, { k: 5000 });
    assert.equal(all.length, names.length);
    assert.equal(all[0]!.id, names[0]);
    const ids = (hits: { id: string }[]): string[] => hits.map(({ id }) => id);
    const rest = all.slice(1);
    assert.deepEqual(await search.query(query, { k: 3, exclude: [names[0]!, 'nobody'] }), rest.slice(0, 3));
    const wanted = new Set(names.filter((_, n) => n % 2 === 1));
    const filtered = all.filter(({ id }) => wanted.has(id));
    assert.deepEqual(await search.query(query, { k: 2, filter: wanted }), filtered.slice(0, 2));
    assert.deepEqual(await search.query(query, { filter: (id) => wanted.has(id) }), filtered);
    assert.deepEqual(await search.query(query, { filter: [] }), []);
    const near = await search.query(query, { maxDistance: all[2]!.distance });
    assert.deepEqual(ids(near), ids(all.slice(0, 3)));
    for (const wrong of [
      { maxDistance: -1 },
      { maxDistance: '1' as never },
      { exclude: 'A001' },
      { filter: 'A001' },
      { filter: 7 as never },
    ]) {
      await assert.rejects(search.query(query, wrong), { name: 'LikenessError', code: 'bad-argument' });
    }
  });

  test('features that are no finite numbers are refused where they enter; those not of length 1 are counted', async () => {
    await using search = await ImageSearch.open();
    const { model } = await search.report();
    const unit = (at: number): Float32Array => {
      const vector = new Float32Array(model.dimension);
      vector[at] = 1;
      return vector;
    };
    const refused = { name: 'LikenessError', code: 'bad-argument' };
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const bad = unit(0);
      bad[17] = wrong;
      const report = await search.add([
        { id: 'one', vector: unit(1) },
        { id: 'bad', vector: bad },
        { id: 'two', vector: unit(2) },
      ]);
      assert.deepEqual(
        report.failed.map(({ id, error }) => [id, error.code]),
        [['bad', 'bad-argument']],
      );
      assert.match(report.failed[0]!.error.message, new RegExp(`has ${wrong} as its value 17`));
      await assert.rejects(search.query(bad), { ...refused, message: /as its value 17/ });
      await assert.rejects(search.queryMany([unit(1), bad]), { ...refused, message: /^Query 1: / });
    }
    assert.deepEqual((await search.features()).ids, ['one', 'two']);

    const { fingerprint, name, version } = model;
    const info = { model: { fingerprint, name, version }, dimension: model.dimension, parity: null };
    const other = await IndexStore.open(new MemoryStore('made elsewhere'), { create: info });
    const bad = unit(3);
    bad[5] = Number.NaN;
    await other.append([
      { id: 'three', vector: unit(3) },
      { id: 'four', vector: bad },
    ]);
    const parts: Uint8Array[] = [];
    for await (const part of other.exported().parts) parts.push(part);
    const file = new Blob(parts as BlobPart[]);
    await assert.rejects(search.import(file), { code: 'bad-file', message: /"four".* NaN as their value 5/ });
    assert.deepEqual((await search.features()).ids, ['one', 'two'], 'nothing was lost');
    await withFolder(async (folder) => {
      await using stored = await ImageSearch.open({ store: `file:${join(folder, 'index')}` });
      await stored.add([{ id: 'one', vector: unit(1) }]);
      await assert.rejects(stored.import(file), { code: 'bad-file', message: /"four"/ });
      assert.deepEqual((await stored.features()).ids, ['one']);
    });

    assert.equal((await search.report()).notNormalised, 0);
    await search.add([{ id: 'long', vector: unit(4).map((x) => 3 * x) }]);
    assert.equal((await search.report()).notNormalised, 1);
    await search.remove(['long']);
    assert.equal((await search.report()).notNormalised, 0);
  });

  test('what is added is what it was at the call: vectors, pixels, bytes; what comes out is a copy', async () => {
    await using search = await ImageSearch.open();
    const encoded = await readFile(sample('A001'));
    const rgba = Uint8Array.from({ length: 64 * 64 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7) % 251));
    const pixels = { width: 64, height: 64, rgba: Buffer.from(rgba) };
    const data = { width: 64, height: 64, data: new Uint8ClampedArray(rgba) };
    const shared = new Float32Array(new SharedArrayBuffer(4 * 1024));
    const wanted = [await search.extract(new Uint8Array(encoded)), await search.extract({ ...pixels, rgba })];
    shared.set(wanted[0]!, 512);
    const meta = { title: 'first' };
    // More than are under way at once: most wait for their turn.
    const items = Array.from({ length: 12 }, (_, n) => [
      { id: `vector ${n}`, vector: shared.subarray(512), meta },
      { id: `bytes ${n}`, image: encoded },
      { id: `pixels ${n}`, image: pixels },
      { id: `data ${n}`, image: data as unknown as ImageData },
    ]).flat();
    const adding = search.add(items);
    const spoil = (): void => {
      for (const array of [shared, encoded, pixels.rgba, data.data]) array.fill(0);
      meta.title = 'second';
    };
    spoil();
    assert.deepEqual((await adding).failed, []);
    const { values, dimension } = await search.features();
    for (const [n, { id }] of items.entries()) {
      const right = wanted[/vector|bytes/.test(id) ? 0 : 1]!;
      assert.deepEqual(values.subarray(n * dimension, (n + 1) * dimension), right, id);
    }
    const query = wanted[0]!.slice();
    const asked = search.query(query, { k: 1 });
    query.fill(0);
    const [hit] = await asked;
    assert.deepEqual(hit, { id: 'vector 0', distance: 0, meta: { title: 'first' } });
    const bytes = await readFile(sample('A001'));
    const extracting = [search.extract(bytes), search.query(bytes, { k: 1 })] as const;
    bytes.fill(0);
    assert.deepEqual(await extracting[0], wanted[0]);
    assert.equal((await extracting[1])[0]!.distance, 0);
    (hit!.meta as { title: string }).title = 'third';
    ((await search.entries())[0]!.meta as { title: string }).title = 'third';
    assert.deepEqual((await search.entries())[0]!.meta, { title: 'first' });
  });

  test('an abort ends an add, a close ends everything, wrong options are refused', async () => {
    const search = await ImageSearch.open();
    const controller = new AbortController();
    const many = Array.from({ length: 200 }, (_, n) => ({
      id: `${n}`,
      image: sample(names[n % names.length]!),
    }));
    const adding = search.add(many, {
      signal: controller.signal,
      onProgress: ({ done }) => done >= 20 && controller.abort(new Error('enough')),
    });
    await assert.rejects(adding, /enough/);
    assert.ok(search.size >= 20 && search.size < 200);
    assert.deepEqual(
      (await search.features()).ids,
      many.slice(0, search.size).map(({ id }) => id),
    );
    const again = search.add(many);
    await Promise.all([assert.rejects(again, { code: 'closed' }), search.close()]);
    await assert.rejects(search.query(sample('A001')), { code: 'closed' });
    for (const options of [
      { backend: 'abacus' },
      { device: 'abacus' },
      { backend: 'wasm', device: 'webgpu' },
      { threads: 0 },
      { exif: 'keras' },
      { parity: 'torch' },
      { exif: 'apply', parity: 'keras' },
    ]) {
      await assert.rejects(ImageSearch.open(options as never), { code: 'bad-argument' });
    }
    await assert.rejects(ImageSearch.open({ model: 'resnet' }), {
      code: 'not-found',
      message: /vgg16-compact/,
    });
  });
});

test('the old spellings of options work as the new ones', () =>
  withFolder(async (folder) => {
    const turned = sample('A001');
    const store = `file:${join(folder, 'index')}`;
    await using ignoring = await ImageSearch.open({ store, exif: 'ignore', backend: 'wasm' });
    await ignoring.add([{ id: 'a', image: turned }]);
    const { extractor } = await ignoring.report();
    assert.deepEqual([extractor!.backend, extractor!.device], ['wasm', 'wasm']);
    await ignoring.close();
    await assert.rejects(ImageSearch.open({ store }), { code: 'model-mismatch', message: /exif: 'ignore'/ });
    for (const options of [
      { parity: 'keras' },
      { device: 'wasm', parity: 'keras', exif: 'ignore' },
    ] as const) {
      await using same = await ImageSearch.open({ store, ...options });
      assert.equal(same.size, 1);
    }
    const cli = join(root, 'dist/node/cli.js');
    const files: Buffer[] = [];
    for (const options of [
      ['--exif', 'ignore', '--backend', 'wasm'],
      ['--parity', 'keras', '--device', 'wasm'],
    ]) {
      const output = join(folder, 'f.npy');
      await promisify(execFile)(process.execPath, [cli, 'features', turned, '-o', output, ...options]);
      files.push(await readFile(output));
    }
    assert.deepEqual(files[0], files[1]);
  }));
