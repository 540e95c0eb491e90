import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { ImageSearch } from '../../src/api/image-search.node.ts';
import type { OpenOptions } from '../../src/api/options.ts';
import type { Progress } from '../../src/engine/types.ts';
import { root, samples, withFolder } from '../support/cli.ts';
import { startModelServer } from '../support/model-server.ts';

const compact = join(root, 'models/vgg16-compact');
const files = new Map(readdirSync(compact).map((name) => [name, readFileSync(join(compact, name))]));
const manifest = JSON.parse(files.get('manifest.json')!.toString());
const server = await startModelServer(files);
after(() => server.close());
beforeEach(() => server.reset());

const sample = (name: string): string => join(samples, `${name}.jpeg`);
const vectorOf = (n: number): Float32Array => {
  const vector = new Float32Array(manifest.output.dimension);
  vector[n] = 1;
  return vector;
};
const asked = (): string[] => [...new Set(server.answers.map(({ file }) => file))];

/** A model on the server, which is fetched anew. */
async function opened(folder: string, options: OpenOptions = {}): Promise<ImageSearch> {
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  return ImageSearch.open({ model: `${server.origin}/model/`, threads: 1, network: 'lazy', ...options });
}

test('a stored index is searched by id while only the manifest is here; a picture brings the network, once', () =>
  withFolder(async (folder) => {
    const store = `file:${join(folder, 'index')}`;
    await using eager = await ImageSearch.open({ store, threads: 1 });
    await eager.add(['A001', 'A002', 'B001'].map((id) => ({ id, image: sample(id) })));
    const wanted = { byId: await eager.query({ id: 'A001' }), byPicture: await eager.query(sample('C001')) };
    await eager.close();

    await using search = await opened(folder, { store });
    assert.equal(search.size, 3);
    assert.deepEqual(await search.query({ id: 'A001' }), wanted.byId);
    await search.add([{ id: 'v', vector: vectorOf(1) }]);
    assert.deepEqual(
      (await search.query(vectorOf(1), { k: 1 })).map(({ id }) => id),
      ['v'],
    );
    await search.distances({ id: 'v' });
    await search.duplicates();
    await search.features();
    await search.vector('v');
    await search.export();
    await search.compact();
    assert.equal(await search.remove(['v']), 1);
    assert.deepEqual(asked(), ['manifest.json']);
    const before = await search.report();
    assert.deepEqual([before.extractor, before.modelFiles], [null, null]);
    assert.equal(before.model.fingerprint, manifest.fingerprint);

    const progress: Progress[] = [];
    const onProgress = (one: Progress): void => void progress.push(one);
    const [hits, vector] = await Promise.all([
      search.query(sample('C001'), { onProgress }),
      search.extract(sample('C001')),
    ]);
    assert.deepEqual(hits, wanted.byPicture);
    assert.equal(vector.length, manifest.output.dimension);
    assert.deepEqual(asked().sort(), [...files.keys()].filter((name) => /json|onnx|bin/.test(name)).sort());
    for (const file of asked())
      assert.equal(server.answers.filter((answer) => answer.file === file).length, 1);
    assert.equal(progress[0]!.phase, 'model');
    assert.ok(progress.some(({ phase }) => phase === 'extract'));
    const report = await search.report();
    assert.equal(report.extractor?.backend, 'wasm');
    assert.deepEqual(report.modelFiles, { where: 'folder', warnings: [] });
    await search.loadNetwork();
  }));

test('a loading that fails says why to every call and is tried again; nothing has changed', () =>
  withFolder(async (folder) => {
    await using search = await opened(folder);
    server.fault = () => ({ status: 404 });
    const calls = [
      search.loadNetwork(),
      search.extract(sample('A001')),
      search.add([
        { id: 'v', vector: vectorOf(1) },
        { id: 'a', image: sample('A001') },
      ]),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      assert.equal(outcome.status, 'rejected');
      assert.equal(outcome.reason.code, 'not-found');
    }
    assert.equal(search.size, 0);
    assert.equal((await search.report()).extractor, null);
    server.reset();
    const added = await search.add([{ id: 'a', image: sample('A001') }]);
    assert.deepEqual([added.added, added.failed], [1, []]);
    assert.deepEqual((await search.query(sample('A001'), { k: 1 }))[0]!.distance, 0);
  }));

test('loadNetwork is told how far it is, and can be ended; what has come is kept; others go on waiting', () =>
  withFolder(async (folder) => {
    await using search = await opened(folder);
    server.fault = () => ({ pieceMs: 1 });
    const control = new AbortController();
    const reason = new Error('not now');
    const loading = search.loadNetwork({
      signal: control.signal,
      onProgress: ({ done, total }) => done > total / 2 && control.abort(reason),
    });
    await assert.rejects(loading, reason);
    assert.equal((await search.report()).extractor, null);

    const other = search.extract(sample('A001'));
    const again = new AbortController();
    const ended = search.loadNetwork({ signal: again.signal, onProgress: () => again.abort(reason) });
    await assert.rejects(ended, reason);
    assert.equal((await other).length, manifest.output.dimension);
    const total = [manifest.graph, ...manifest.shards].reduce((sum, { byteLength }) => sum + byteLength, 0);
    assert.ok(server.sentBytes() < 1.5 * total, `${server.sentBytes()} of ${total} bytes came`);
  }));

test('close during a loading ends it and all that wait', () =>
  withFolder(async (folder) => {
    const search = await opened(folder);
    server.fault = () => ({ pieceMs: 5 });
    const calls = [search.loadNetwork(), search.query(sample('A001'))];
    const outcomes = Promise.allSettled(calls);
    while (!asked().some((file) => file.endsWith('.bin'))) await new Promise((go) => setTimeout(go, 5));
    await search.close();
    for (const outcome of await outcomes) {
      assert.equal(outcome.status, 'rejected');
      assert.equal(outcome.reason.code, 'closed');
    }
    // A request that was on its way may still come in.
    await new Promise((go) => setTimeout(go, 500));
    const { length } = server.answers;
    await new Promise((go) => setTimeout(go, 500));
    assert.equal(server.answers.length, length);
    await assert.rejects(search.loadNetwork(), { code: 'closed' });
  }));

test('a folder’s files are read when the network is needed: damaged ones are an error then', () =>
  withFolder(async (folder) => {
    const model = join(folder, 'model');
    cpSync(compact, model, { recursive: true });
    const shard = join(model, manifest.shards[0].file);
    const right = readFileSync(shard);
    writeFileSync(
      shard,
      right.map((byte) => byte ^ 1),
    );
    await using search = await ImageSearch.open({ model, threads: 1, network: 'lazy' });
    await search.add([{ id: 'v', vector: vectorOf(1) }]);
    await assert.rejects(search.extract(sample('A001')), { code: 'bad-model' });
    writeFileSync(shard, right);
    assert.equal((await search.extract(sample('A001'))).length, manifest.output.dimension);
  }));

test('wrong words are refused; an eager search has its network when it is open', async () => {
  for (const network of ['on-demand', true, null]) {
    const options = { network } as unknown as OpenOptions;
    await assert.rejects(ImageSearch.open(options), {
      code: 'bad-argument',
      message: /network.*eager or lazy/,
    });
  }
  await using search = await ImageSearch.open({ threads: 1, network: 'eager' });
  assert.equal((await search.report()).extractor?.threads, 1);
  await assert.rejects(search.loadNetwork(1 as unknown as object), { code: 'bad-argument' });
  const reason = new Error('before');
  await assert.rejects(search.loadNetwork({ signal: AbortSignal.abort(reason) }), reason);
  await search.loadNetwork();
});

test('entries come page by page', async () => {
  await using search = await ImageSearch.open({ threads: 1, network: 'lazy' });
  const ids = Array.from({ length: 10 }, (_, n) => `p${n}`);
  await search.add(ids.map((id, n) => ({ id, vector: vectorOf(n), meta: { n } })));
  const page = async (offset?: number, limit?: number): Promise<string[]> =>
    (await search.entries({ offset, limit })).map(({ id }) => id);
  assert.deepEqual(await page(), ids);
  assert.deepEqual(await page(0, 4), ids.slice(0, 4));
  assert.deepEqual(await page(4, 4), ids.slice(4, 8));
  assert.deepEqual(await page(8, 4), ids.slice(8));
  assert.deepEqual(await page(8), ids.slice(8));
  assert.deepEqual(await page(10, 4), []);
  assert.deepEqual(await page(1e9, Number.MAX_SAFE_INTEGER), []);
  assert.deepEqual((await search.entries({ offset: 9 }))[0]!.meta, { n: 9 });
  assert.equal(search.size, 10);
  for (const options of [
    { offset: -1 },
    { offset: 1.5 },
    { offset: '1' },
    { limit: 0 },
    { limit: -1 },
    { limit: NaN },
    5,
    null,
  ]) {
    await assert.rejects(search.entries(options as object), { code: 'bad-argument' });
  }
});
