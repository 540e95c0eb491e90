import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeVgg16 } from '../../../src/convert/write.ts';
import { openIndexedDbCache } from '../../../src/delivery/cache.indexeddb.ts';
import { createMemoryCache } from '../../../src/delivery/cache.memory.ts';
import { openOpfsCache } from '../../../src/delivery/cache.opfs.ts';
import type { ShardCache } from '../../../src/delivery/cache.ts';
import {
  modelRecords,
  removeModel,
  removeReplaced,
  writeModelRecord,
} from '../../../src/delivery/records.ts';
import { memorySink } from '../../support/memory-sink.ts';
import { needs } from '../../support/needs.ts';
import { description, seededWeights } from '../../support/seeded-vgg16.ts';

const weights = seededWeights({ widths: [4, 4, 4, 4, 32], inputSize: 32, fc1: 32 }, 3);

interface Built {
  model: string;
  manifest: string;
  /** sha256 of its files. */
  files: string[];
}

async function build(encoding: 'q8' | 'q4', seed = weights): Promise<Built> {
  const sink = memorySink();
  const { graph, shards } = await writeVgg16(seed, { ...description, name: encoding }, encoding, sink);
  const manifest = new TextDecoder().decode(sink.contents().get('manifest.json'));
  return {
    model: `https://example.org/${encoding}/`,
    manifest,
    files: [graph, ...shards].map(({ sha256 }) => sha256),
  };
}

/** The caches of where this runs, empty. In a page OPFS has no handles to append with: files are put there directly. */
async function caches(): Promise<{ cache: ShardCache; put: (sha256: string) => Promise<void> }[]> {
  const append =
    (cache: ShardCache) =>
    async (sha256: string): Promise<void> => {
      const writer = await cache.append(sha256, 0);
      await writer.write(new Uint8Array(3));
      await writer.close();
    };
  const memory = createMemoryCache();
  const all = [{ cache: memory, put: append(memory) }];
  if (!('document' in globalThis)) return all;
  const storage = await openIndexedDbCache();
  const { skip } = await needs('opfs');
  if (skip) {
    console.log(`# the cache in OPFS is not tried: ${skip}`);
    return [...all, { cache: storage, put: append(storage) }];
  }
  const opfs = (await openOpfsCache())!;
  const intoOpfs = async (sha256: string): Promise<void> => {
    const root = await navigator.storage.getDirectory();
    const shards = await (await root.getDirectoryHandle('likeness-models')).getDirectoryHandle('shards');
    const writable = await (await shards.getFileHandle(sha256, { create: true })).createWritable();
    await writable.write('abc');
    await writable.close();
  };
  return [...all, { cache: storage, put: append(storage) }, { cache: opfs, put: intoOpfs }];
}

const orphan = 'f'.repeat(64);

async function withModels(
  body: (cache: ShardCache, models: { q8: Built; q4: Built }, keys: string[]) => Promise<void>,
): Promise<void> {
  const models = { q8: await build('q8'), q4: await build('q4') };
  const shared = models.q8.files.filter((file) => models.q4.files.includes(file));
  assert.ok(shared.length > 0 && shared.length < models.q8.files.length, 'some of both, some of one alone');
  for (const { cache, put } of await caches()) {
    for (const key of await cache.recordKeys()) await cache.removeRecord(key);
    for (const sha256 of (await cache.sizes()).keys()) await cache.remove(sha256);
    await writeModelRecord(cache, models.q8);
    const [q8Key] = (await cache.recordKeys()) as [string];
    await writeModelRecord(cache, models.q4);
    const q4Key = (await cache.recordKeys()).find((key) => key !== q8Key)!;
    for (const sha256 of new Set([...models.q8.files, ...models.q4.files, orphan])) await put(sha256);
    await body(cache, models, [q8Key, q4Key]);
  }
}

const stored = async (cache: ShardCache): Promise<string[]> => [...(await cache.sizes()).keys()].sort();

test('a model’s files go but for those of another one, and with them what is nobody’s', () =>
  withModels(async (cache, { q8, q4 }) => {
    await removeModel(cache, q8.model);
    assert.deepEqual(await stored(cache), q4.files.toSorted(), cache.kind);
    assert.deepEqual(
      (await modelRecords(cache)).map(({ record }) => record.model),
      [q4.model],
    );
    await removeModel(cache, q4.model);
    assert.deepEqual([await stored(cache), await cache.recordKeys()], [[], []], cache.kind);
  }));

test('a record that cannot be read keeps its files, and what may be its own', () =>
  withModels(async (cache, { q8, q4 }, [, q4Key]) => {
    const text = (await cache.readRecord(q4Key!))!;
    const newer = JSON.stringify({ model: q4.model, layout: { files: q4.files }, recordVersion: 2 });
    const changed = text.replace('likeness-model', 'likeness-models');
    const cut = text.slice(0, text.lastIndexOf(q4.files.at(-1)!) + 64);
    for (const unreadable of [newer, changed, cut]) {
      await cache.writeRecord(q4Key!, unreadable);
      await writeModelRecord(cache, q8);
      await removeModel(cache, q8.model);
      const left = await stored(cache);
      for (const file of [...q4.files, orphan]) assert.ok(left.includes(file), `${cache.kind}: ${file}`);
      for (const file of q8.files.filter((file) => !q4.files.includes(file)))
        assert.ok(!left.includes(file), `${cache.kind}: ${file} is of the model that was removed`);
      assert.equal(await cache.readRecord(q4Key!), unreadable);
    }
    // Of one that says nothing at all nothing is known: what is not the removed model's stays.
    await cache.writeRecord(q4Key!, '');
    await writeModelRecord(cache, q8);
    await removeModel(cache, q8.model);
    for (const file of q4.files.filter((file) => !q8.files.includes(file)))
      assert.ok((await stored(cache)).includes(file), `${cache.kind}: ${file}`);
  }));

test('a model whose own record cannot be read is removed when it is named, with the files that it mentions', () =>
  withModels(async (cache, { q8, q4 }, [, q4Key]) => {
    const text = (await cache.readRecord(q4Key!))!;
    await cache.writeRecord(q4Key!, text.replace('likeness-model', 'likeness-models'));
    await removeModel(cache, q4.model);
    assert.deepEqual(await stored(cache), q8.files.toSorted(), cache.kind);
    assert.equal(await cache.readRecord(q4Key!), undefined);
  }));

test('of a model that another one replaced at its URL, the files go that no record mentions', () =>
  withModels(async (cache, { q8, q4 }, [q8Key]) => {
    const replaced = (await modelRecords(cache)).find(({ record }) => record.model === q8.model)!.manifest;
    await removeReplaced(cache, replaced);
    const all = [...new Set([...q8.files, ...q4.files, orphan])].toSorted();
    assert.deepEqual(await stored(cache), all, `${cache.kind}: it is there still`);
    await cache.writeRecord(q8Key!, JSON.stringify({ model: q8.model, manifest: q4.manifest }));
    await removeReplaced(cache, replaced);
    assert.deepEqual(await stored(cache), [...q4.files, orphan].toSorted(), cache.kind);
  }));
