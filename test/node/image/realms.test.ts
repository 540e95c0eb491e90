import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { bytesOf } from '../../../src/image/bytes.ts';
import { hold } from '../../../src/image/hold.node.ts';
import { readImage } from '../../../src/image/source.node.ts';

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
