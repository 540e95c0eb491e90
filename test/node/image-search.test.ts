import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ensureChromium } from '../../scripts/chromium.mjs';
import { ImageSearch } from '../../src/node.ts';
import type { Progress } from '../../src/types.ts';
import { root, samples, withFolder } from '../support/cli.ts';
import { cosine } from '../support/compare.ts';

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
      assert.deepEqual(progress.at(-1), { phase: 'add', done: many.length, total: many.length });
      const { ids, values } = await search.features();
      assert.deepEqual(
        ids,
        many.map(({ id }) => id),
      );
      all.push(values);
      assert.equal((await search.report()).extractor.threads, threads);
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
    for (const options of [{ device: 'abacus' }, { threads: 0 }, { parity: 'torch' }]) {
      await assert.rejects(ImageSearch.open(options as never), { code: 'bad-argument' });
    }
    await assert.rejects(ImageSearch.open({ model: 'resnet' }), {
      code: 'not-found',
      message: /vgg16-compact/,
    });
  });
});

test('WebGPU in Node (the package webgpu, on the software driver that comes with Chromium) gives the same features', () =>
  withFolder(async (folder) => {
    const browsers = [dirname(realpathSync(ensureChromium())), '/usr/lib/chromium'];
    const driver = browsers.find((path) => existsSync(join(path, 'vk_swiftshader_icd.json')));
    const env = driver
      ? { ...process.env, VK_ICD_FILENAMES: join(driver, 'vk_swiftshader_icd.json'), LD_LIBRARY_PATH: driver }
      : process.env; // elsewhere the system's own driver
    const output = join(folder, 'f.npy');
    const args = ['features', sample('A001'), '-o', output, '--device', 'webgpu'];
    await promisify(execFile)(process.execPath, [join(root, 'dist/cli.js'), ...args], { env });
    const { parseNpy } = await import('../../src/knn/npy.ts');
    const { data } = parseNpy(await readFile(output));
    const expected = JSON.parse(
      await readFile(join(root, 'test/fixtures/vgg16-compact.expected.json'), 'utf8'),
    );
    assert.ok(cosine(data, expected.pictures['A001.jpeg'].normalised_fc1) > 0.999999);
  }));
