import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../../src/base/sha256.ts';
import { openIndexedDbCache } from '../../../src/delivery/cache.indexeddb.ts';
import { createMemoryCache } from '../../../src/delivery/cache.memory.ts';
import { download, StorageFailed } from '../../../src/delivery/download.ts';
import { blobSha256 } from '../../../src/delivery/hash.ts';
import type { Origin } from '../../../src/delivery/origin.ts';
import { resolveModel } from '../../../src/delivery/source.ts';

const bytes = Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * 2654435761) >>> 24);
const shard = { file: 'a.bin', byteLength: bytes.length, sha256: await sha256(bytes) };
const policy = { attempts: 3, pauseMs: 1, stallMs: 50 };

/** Answers in turn: so many bytes from where it is asked, then the end, an error, or silence. */
function origin(
  ...answers: [count: number, then: 'end' | 'error' | 'silence'][]
): Origin & { asked: number[] } {
  const asked: number[] = [];
  return {
    name: 'a test',
    asked,
    manifest: async () => '',
    async open(_file, from, signal) {
      const [count, then] = answers[Math.min(asked.length, answers.length - 1)]!;
      asked.push(from);
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          if (count > 0) controller.enqueue(bytes.slice(from, from + count));
          if (then === 'end') controller.close();
          // A little later, so that what came before is read.
          if (then === 'error') setTimeout(() => controller.error(new Error('cut')), 5);
          signal.addEventListener('abort', () => controller.error(signal.reason));
        },
      });
      return { from, body };
    },
  };
}

const quiet = { signal: new AbortController().signal, policy, onStored() {}, onFetched() {} };

test('what breaks off, ends early or falls silent is continued where it was', async () => {
  const from = origin([300_000, 'error'], [300_000, 'silence'], [300_000, 'end'], [300_000, 'end']);
  const cache = createMemoryCache();
  assert.equal(await download(shard, from, cache, quiet), shard.sha256);
  assert.deepEqual(from.asked, [0, 300_000, 600_000, 900_000]);
  assert.equal((await cache.blob(shard.sha256)).size, bytes.length);
});

test('answers that bring nothing are given up after as many tries in a row as the policy has', async () => {
  for (const then of ['end', 'error', 'silence'] as const) {
    const from = origin([400_000, 'end'], [0, then]);
    await assert.rejects(download(shard, from, createMemoryCache(), quiet), (error: Error) => {
      assert.match(error.message, /a\.bin of a test cannot be fetched/);
      if (then === 'silence') assert.match(error.message, /nothing came for 0\.05 s/);
      return true;
    });
    assert.deepEqual(from.asked, [0, 400_000, 400_000, 400_000]);
  }
});

test('a file that is longer than it should be is refused before it is stored', async () => {
  const longer = { ...shard, byteLength: 1000 };
  await assert.rejects(download(longer, origin([2000, 'end']), createMemoryCache(), quiet), {
    code: 'bad-model',
  });
});

test('an abort ends the pause between tries', async () => {
  const controller = new AbortController();
  const waiting = { ...quiet, signal: controller.signal, policy: { ...policy, pauseMs: 60_000 } };
  const call = download(shard, origin([0, 'error']), createMemoryCache(), waiting);
  setTimeout(() => controller.abort(new Error('enough')), 20);
  await assert.rejects(call, /enough/);
});

test('a storage that takes no more says so, and keeps what it has', async () => {
  const cache = createMemoryCache();
  const small = {
    ...cache,
    async append(name: string) {
      const writer = await cache.append(name, await cache.stored(name));
      return {
        ...writer,
        async write(part: Uint8Array) {
          if ((await cache.stored(name)) > 500_000) throw new DOMException('full', 'QuotaExceededError');
          await writer.write(part);
        },
      };
    },
  };
  const from = origin([300_000, 'end']);
  await assert.rejects(download(shard, from, small, quiet), StorageFailed);
  assert.equal(await cache.stored(shard.sha256), 600_000);
  // Elsewhere it goes on from there.
  assert.equal(await download(shard, origin([1_000_003, 'end']), cache, quiet), shard.sha256);
});

test('IndexedDB holds files in pieces that are filled up', async () => {
  const cache = await openIndexedDbCache();
  const name = 'f'.repeat(64);
  await cache.remove(name);
  const large = Uint8Array.from({ length: 9 * 2 ** 20 + 5 }, (_, i) => (i * 40503) >>> 8);
  for (let at = 0; at < large.length; at += 3_000_000) {
    const writer = await cache.append(name, await cache.stored(name));
    await writer.write(large.subarray(at, at + 3_000_000));
    await writer.close();
    assert.equal(await cache.stored(name), Math.min(at + 3_000_000, large.length));
  }
  assert.equal(await cache.digest(name, () => {}), await sha256(large));
  assert.equal(await blobSha256(await cache.blob(name)), await sha256(large));
  assert.equal((await cache.sizes()).get(name), large.length);
  await cache.remove(name);
  assert.equal(await cache.stored(name), 0);
});

test('what a program means by a model', () => {
  const builtIn = (name: string) => ({ kind: 'builtIn' as const, name, files: {}, folder: undefined });
  const page = 'https://site.example/shop/page.html';
  const of = (model: string | URL): object => resolveModel(model, builtIn, page);
  const url = (base: string): object => ({ kind: 'url', base });
  assert.deepEqual(of('vgg16-compact'), builtIn('vgg16-compact'));
  assert.deepEqual(of('./vgg16'), url('https://site.example/shop/vgg16/'));
  assert.deepEqual(of('/m/vgg16/manifest.json?x#y'), url('https://site.example/m/vgg16/'));
  assert.deepEqual(of(new URL('https://cdn.example/vgg16')), url('https://cdn.example/vgg16/'));
  const fingerprint = 'vgg16-keras-q8@1:0123456789abcdef';
  assert.deepEqual(of(fingerprint), { kind: 'stored', fingerprint });
  for (const wrong of ['file:///models/vgg16/', [] as never, [1] as never, {} as never]) {
    assert.throws(() => of(wrong), { code: 'bad-argument' });
  }
});
