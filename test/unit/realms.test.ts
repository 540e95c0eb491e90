import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vectorOf } from '../../src/api/arguments.ts';
import { picturesOf } from '../../src/api/queries.ts';
import { givenAsset } from '../../src/assets/resolve.ts';
import { resolveModel } from '../../src/delivery/source.ts';
import { checkPixels } from '../../src/image/check.ts';
import { FlatIndex } from '../../src/knn/flat-index.ts';
import { encodeNpy, parseNpyMatrix } from '../../src/python/npy.ts';
import { storeName } from '../../src/store/media/open-store.browser.ts';
import { otherRealm } from '../support/realm.ts';

const realm = await otherRealm();

test('the classes are none of this realm', () => {
  assert.equal(new realm.Float32Array(1) instanceof Float32Array, false);
  assert.equal(new realm.URL('https://site.example/') instanceof URL, false);
  assert.equal(new realm.Blob([]) instanceof Blob, false);
});

test('numbers of another realm are vectors, matrices and pixels', () => {
  const values = realm.Float32Array.of(1, 2, 3, 4);
  assert.deepEqual([...vectorOf(values)], [1, 2, 3, 4]);
  assert.throws(() => picturesOf(realm.Float64Array.of(1) as never), { code: 'bad-argument' });
  assert.deepEqual(picturesOf([{ vector: values, weight: 2 }]), [
    { weight: 2, picture: { vector: Float32Array.of(1, 2, 3, 4) } },
  ]);
  const file = new realm.Uint8Array(encodeNpy(values, [2, 2]));
  const { rows, columns, values: read } = parseNpyMatrix(file);
  assert.deepEqual([rows, columns, ...read], [2, 2, 1, 2, 3, 4]);
  checkPixels({ width: 1, height: 1, rgba: new realm.Uint8Array(4) });
  checkPixels({ width: 1, height: 1, rgba: new realm.Uint8ClampedArray(4) });
  const gray = new realm.Uint16Array(1);
  checkPixels({ width: 1, height: 1, rgba: new Uint8Array(0), mode: 'I', gray });
  assert.throws(() => checkPixels({ width: 1, height: 1, rgba: gray as never }), { code: 'bad-image' });
});

test('URLs and files of another realm name models, stores and assets', () => {
  const url = new realm.URL('https://site.example/a/');
  const builtIn = (): never => assert.fail('a URL is no name');
  const base = 'https://page.example/';
  assert.deepEqual(resolveModel(url, builtIn, base), { kind: 'url', base: url.href });
  const files = [new realm.File([], 'manifest.json')];
  assert.deepEqual(resolveModel(files, builtIn, base), { kind: 'files', files });
  assert.equal(storeName(url, base), url.href);
  const blob = new realm.Blob([]);
  assert.equal(storeName(blob, base), blob);
  if (!('document' in globalThis)) return; // assets have a page's base
  assert.equal(givenAsset(url, 'decoders/tiff.js'), `${url.href}decoders/tiff.js`);
  assert.equal(givenAsset({ 'decoders/tiff.js': url }, 'decoders/tiff.js'), url.href);
});

test('rows, queries and filters of another realm are searched', async () => {
  const rows = realm.Float32Array.of(0, 0, 3, 4, 6, 8);
  const read = (numbers: Uint32Array): Float32Array =>
    realm.Float32Array.from([...numbers].flatMap((n) => [...rows.subarray(2 * n, 2 * n + 2)]));
  for (const options of [{ backend: 'js' }, { backend: 'wasm' }, { rows: { read } }] as const) {
    const index = await FlatIndex.create({ dimension: 2, ...options });
    index.add(rows);
    index.set(1, rows.slice(2, 4));
    const filter = realm.Uint8Array.of(0, 1, 1);
    const found = await index.search(realm.Float32Array.of(0, 0), 3, { filter });
    assert.deepEqual(
      [[...found.rows], [...found.distances]],
      [
        [1, 2],
        [5, 10],
      ],
    );
    assert.deepEqual([...(await index.read([2]))], [6, 8]);
    index.close();
  }
});
