import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { ImageSearch } from '../../src/api/image-search.node.ts';
import type { OpenOptions } from '../../src/api/options.ts';
import { openIndexOf } from '../../src/cli/open-index.ts';
import { startServer } from '../../src/cli/serve/server.ts';
import { createSite } from '../../src/cli/serve/site.ts';
import { writeVgg16 } from '../../src/convert/write.ts';
import type { Progress } from '../../src/engine/types.ts';
import type { Shard } from '../../src/network/manifest.ts';
import { likeness, root, samples, withFolder } from '../support/cli.ts';
import { memorySink } from '../support/memory-sink.ts';
import { startModelServer } from '../support/model-server.ts';
import { description, seededWeights } from '../support/seeded-vgg16.ts';

const compact = join(root, 'models/vgg16-compact');
const files = new Map(readdirSync(compact).map((name) => [name, readFileSync(join(compact, name))]));
const manifest = JSON.parse(files.get('manifest.json')!.toString());
const total = [manifest.graph, ...manifest.shards].reduce((sum, { byteLength }) => sum + byteLength, 0);
const server = await startModelServer(files);
const url = `${server.origin}/model/`;
after(() => server.close());
beforeEach(() => server.reset());

/** Opens a model with `folder` as the user's folder of caches. */
async function opened(
  folder: string,
  options: OpenOptions = {},
): Promise<{ where: string; warnings: string[]; progress: Progress[]; features: Float32Array }> {
  process.env.XDG_CACHE_HOME = folder;
  const progress: Progress[] = [];
  await using search = await ImageSearch.open({
    model: url,
    threads: 1,
    ...options,
    onProgress: (each) => progress.push(each),
  });
  const features = await search.extract({ width: 1, height: 1, rgba: Uint8Array.of(200, 100, 0, 255) });
  return { ...(await search.report()).modelFiles!, progress, features };
}

test('a model at a URL is fetched once into the user’s cache, and opened from there without the network', () =>
  withFolder(async (folder) => {
    const first = await opened(folder);
    assert.equal(first.where, 'folder');
    assert.deepEqual(first.warnings, []);
    assert.deepEqual(first.progress.at(-1), { phase: 'model', done: total, total, fetched: total });
    assert.deepEqual(first.features, (await opened(folder, { model: compact })).features);
    assert.equal(server.sentBytes(), total + files.get('manifest.json')!.length);
    server.reset();
    server.fault = () => ({ status: 503 });
    for (const model of [new URL(url), `${url}manifest.json`, url.replace(/\/$/, '')]) {
      const again = await opened(folder, { model });
      assert.deepEqual(again.progress.at(-1), { phase: 'model', done: total, total, fetched: 0 });
      assert.deepEqual(again.features, first.features);
    }
    assert.equal(server.answers.length, 0);
    // Asked for, the manifest is looked at again; where it cannot be had, what is here is as good.
    await opened(folder, { refresh: true });
    assert.deepEqual(
      server.answers.map(({ file, status }) => [file, status]),
      [['manifest.json', 503]],
    );
  }));

test('what a process that ended had fetched is continued; what was damaged since is fetched anew', () =>
  withFolder(async (folder) => {
    const stop = new AbortController();
    server.fault = (file) => (file.endsWith('.bin') ? { pieceMs: 5 } : undefined);
    const reason = new Error('enough');
    process.env.XDG_CACHE_HOME = folder;
    const cut = ImageSearch.open({
      model: url,
      signal: stop.signal,
      onProgress: ({ fetched }) => fetched! > 500_000 && stop.abort(reason),
    });
    await assert.rejects(cut, reason);
    const shards = join(folder, 'likeness/shards');
    const there = readdirSync(shards).reduce((sum, name) => sum + statSync(join(shards, name)).size, 0);
    assert.ok(there > 200_000, `${there} bytes were kept`);
    server.reset();
    const { progress } = await opened(folder);
    assert.equal(progress.at(-1)!.fetched, total - there);
    // A byte that changed on the disk, a file that lost its end, and one that is gone.
    const [dense, convolutions] = manifest.shards.map(({ sha256 }: { sha256: string }) =>
      join(shards, sha256),
    );
    const bytes = readFileSync(dense);
    bytes[1000]! ^= 1;
    writeFileSync(dense, bytes);
    truncateSync(convolutions, 1000);
    const mended = await opened(folder);
    assert.equal(mended.progress.at(-1)!.fetched, bytes.length + statSync(convolutions).size - 1000);
    assert.deepEqual(readFileSync(dense), files.get(manifest.shards[0].file));
  }));

test('several fetch a model at once, and each has it', () =>
  withFolder(async (folder) => {
    server.fault = (file) => (file.endsWith('.bin') ? { pieceMs: 1 } : undefined);
    const all = await Promise.all([1, 2, 3].map(() => opened(folder)));
    for (const { where, warnings, features } of all) {
      assert.deepEqual([where, warnings], ['folder', []]);
      assert.deepEqual(features, all[0]!.features);
    }
  }));

test('where nothing can be kept, the model is in memory, and the report says so', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'a file');
    writeFileSync(file, '');
    const { where, warnings } = await opened(file);
    assert.equal(where, 'memory');
    assert.match(warnings.join(), /a file\/likeness cannot be made \(ENOTDIR\).*memory.*XDG_CACHE_HOME/);
    // Folders are there, but nothing goes into them.
    await mkdir(join(folder, 'likeness/shards/f'), { recursive: true });
    for (const { sha256 } of [manifest.graph, ...manifest.shards])
      await mkdir(join(folder, 'likeness/shards', sha256));
    const full = await opened(folder);
    assert.equal(full.where, 'memory');
    assert.match(full.warnings.join(), /No more can be stored here \(.*EISDIR.*memory/);
  }));

test('the command line takes the URL of a model, and an index remembers it', () =>
  withFolder(async (folder) => {
    process.env.XDG_CACHE_HOME = join(folder, 'cache');
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    for (const name of ['A001', 'B001'])
      cpSync(join(samples, `${name}.jpeg`), join(pictures, `${name}.jpeg`));
    const index = join(folder, 'index');
    const made = await likeness('index', pictures, '-o', index, '--model', url);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stderr, /Fetching the model \d+\/\d+ MB/);
    server.fault = () => ({ status: 503 });
    const asked = await likeness('query', join(pictures, 'B001.jpeg'), '-i', index, '--json');
    assert.equal(asked.code, 0, asked.stderr);
    assert.equal(JSON.parse(asked.stdout)[0].id, 'B001.jpeg');
    const picture = join(pictures, 'A001.jpeg');
    const nowhere = `${server.origin}/no/`;
    const missing = await likeness('features', picture, '-o', join(folder, 'f.npy'), '--model', nowhere);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /\/no\/manifest\.json answered 404/);
  }));

test('serve gives its page the model of an index that was made with one at a URL, from the user’s cache', async () => {
  const shape = { widths: [4, 4, 4, 4, 32], inputSize: 32, fc1: 32 };
  const sink = memorySink();
  const built = await writeVgg16(seededWeights(shape, 1), description, 'q8', sink);
  const own = await startModelServer(sink.contents());
  await withFolder(async (folder) => {
    process.env.XDG_CACHE_HOME = join(folder, 'caches');
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    cpSync(join(samples, 'A001.jpeg'), join(pictures, 'A001.jpeg'));
    const where = join(folder, 'index');
    const made = await likeness('index', pictures, '-o', where, '--model', `${own.origin}/model/`);
    assert.equal(made.code, 0, made.stderr);
    own.fault = () => ({ status: 503 });
    const { index: store } = await openIndexOf(where);
    const serve = async () => {
      const site = await createSite({ index: { where, store } });
      return startServer(site, { port: 0, host: 'localhost', isolation: false });
    };
    const running = await serve();
    const get = (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init);
    const offered = (await (await get('models/index.json')).json()) as { url: string; fingerprint: string }[];
    const { url: at } = offered.find(({ fingerprint }) => fingerprint === built.fingerprint)!;
    for (const [file, bytes] of sink.contents()) {
      assert.deepEqual(new Uint8Array(await (await get(at + file)).arrayBuffer()), bytes, file);
    }
    const [{ file, byteLength }] = built.shards as [Shard];
    const part = await get(at + file, { headers: { Range: `bytes=${byteLength - 3}-` } });
    assert.deepEqual([part.status, (await part.arrayBuffer()).byteLength], [206, 3]);
    for (const none of ['other.bin', built.shards[0]!.sha256, '../records'])
      assert.equal((await get(at + none)).status, 404, none);
    await running.close();

    // Where the cache has lost a file, the command says what fetches it.
    const said: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = ((text: string) => said.push(text) > 0) as typeof write;
    try {
      truncateSync(join(folder, 'caches/likeness/shards', built.shards[0]!.sha256), 5);
      await (await serve()).close();
    } finally {
      process.stderr.write = write;
    }
    assert.match(
      said.join(''),
      /is at http.*not all of it is in .*likeness\. Any query fetches it: likeness query/,
    );
    await store.close();
  });
  await own.close();
});

test('what is at a URL and no model is told', () =>
  withFolder(async (folder) => {
    const refused = (code: string, message: RegExp, model: string | URL = url): Promise<void> =>
      assert.rejects(opened(folder, { model }), { code, message });
    server.fault = () => ({ status: 404 });
    await refused('not-found', /model\/manifest\.json answered 404/);
    server.fault = () => ({ body: new TextEncoder().encode('<!doctype html><title>app</title>') });
    await refused('not-found', /manifest\.json: a page of HTML came: .*not served/);
    server.fault = () => ({ body: new TextEncoder().encode('{') });
    await refused('bad-model', /manifest\.json is not JSON/);
    server.fault = (file) =>
      file === 'dense-1.bin' ? { body: new Uint8Array(files.get(file)!.length) } : undefined;
    await refused('bad-model', /dense-1\.bin.*damaged twice.*sha256/);
    const closed = await startModelServer(files);
    await closed.close();
    await refused('not-found', /cannot be fetched: ECONNREFUSED; is the network there\?/, closed.origin);
    await refused('bad-argument', /model is "ftp:\/\/a\/b".*https/, new URL('ftp://a/b'));
    await refused('bad-argument', /model is "https:\/\/".*https/, 'https://');
    await refused('bad-argument', /model is "data:,x".*https/, new URL('data:,x'));
    const gone = new AbortController();
    gone.abort(new Error('no'));
    await assert.rejects(opened(folder, { signal: gone.signal }), /no/);
  }));
