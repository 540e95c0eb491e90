import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { assetAt } from '../../../src/assets/assets.node.ts';
import { bytesOf } from '../../../src/image/bytes.ts';
import { hold } from '../../../src/image/hold.node.ts';
import { readImage } from '../../../src/image/source.node.ts';
import { ImageSearch } from '../../../src/node.ts';
import { root, samples, withFolder } from '../../support/cli.ts';
import { otherRealm } from '../../support/realm.ts';

// Vitest with jsdom, and Jest, give a program classes that are not Node's.
test('bytes that another realm made are a picture, and are held as they are at the call', async () => {
  const bytes: Uint8Array = runInNewContext('new Uint8Array([1, 2, 3])');
  assert.equal(bytes instanceof Uint8Array, false);
  assert.equal(await readImage(bytes), bytes);
  assert.deepEqual([...(await bytesOf(bytes))], [1, 2, 3]);
  const held = hold(bytes);
  bytes[0] = 9;
  assert.deepEqual([...((await held()) as Uint8Array)], [1, 2, 3]);
});

test('a Blob of another class is a picture', async () => {
  class Blob {
    readonly [Symbol.toStringTag] = 'Blob';
    async arrayBuffer(): Promise<ArrayBuffer> {
      return new Uint8Array([1, 2, 3]).buffer;
    }
  }
  const blob = new Blob() as unknown as globalThis.Blob;
  assert.equal(await readImage(blob), blob);
  assert.deepEqual([...(await bytesOf(blob))], [1, 2, 3]);
});

test('models, indexes, pictures and vectors of another realm are taken by ImageSearch', async () => {
  const realm = await otherRealm();
  const model = new realm.URL(pathToFileURL(join(root, 'models/vgg16-compact')));
  const bytes = new realm.Uint8Array(readFileSync(join(samples, 'A001.jpeg')));
  const assets = new realm.URL('https://site.example/likeness');
  assert.equal(assetAt('decoders/tiff.js', assets), `${assets.href}/decoders/tiff.js`);
  await withFolder(async (folder) => {
    await using search = await ImageSearch.open({ model, store: new realm.URL(pathToFileURL(folder)) });
    await search.add([
      { id: 'file', image: new realm.Blob([bytes]) },
      { id: 'vector', vector: realm.Float32Array.from(await search.extract(bytes)) },
    ]);
    const [first, second] = await search.query(realm.Float32Array.from(await search.vector('file')));
    assert.deepEqual([first!.id, second!.id, second!.distance], ['file', 'vector', 0]);
    const copy = new realm.Blob([new Uint8Array(await (await search.export()).arrayBuffer())]);
    await using other = await ImageSearch.open({ model, store: copy });
    assert.equal(other.size, 2);
  });
});
