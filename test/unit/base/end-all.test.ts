import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EngineHost, ImageSearchBase } from '../../../src/api/image-search.ts';
import { endAll } from '../../../src/base/end-all.ts';

test('each is ended, whatever becomes of those before; the first failure is told', async () => {
  const ended: string[] = [];
  const ends = ['a', 'b', 'c', 'd'].map((name) => () => {
    ended.push(name);
    if (name === 'b') throw new Error('b failed');
    if (name === 'c') return Promise.reject(new Error('c failed'));
    return undefined;
  });
  await assert.rejects(endAll(...ends), /b failed/);
  assert.deepEqual(ended, ['a', 'b', 'c', 'd']);
  await endAll();
});

test('a close that fails ends the worker all the same', async () => {
  class Opened extends ImageSearchBase {
    constructor(host: EngineHost<unknown>) {
      super(host);
    }
  }
  let disposed = 0;
  const engine = { close: () => Promise.reject(new Error('the disk')) };
  const search = new Opened({ engine, size: 0, dispose: () => disposed++ } as never);
  await assert.rejects(search.close(), /the disk/);
  assert.equal(disposed, 1);
  await search.close();
  assert.equal(disposed, 1);
});
