import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright';
import { launchChromium, launchPersistentChromium } from '../../../scripts/chromium.mjs';
import { writeVgg16 } from '../../../src/convert/write.ts';
import type * as Likeness from '../../../src/index.ts';
import { root, withFolder } from '../../support/cli.ts';
import { memorySink } from '../../support/memory-sink.ts';
import { type ModelServer, startModelServer } from '../../support/model-server.ts';
import { description, seededWeights } from '../../support/seeded-vgg16.ts';

/** A VGG16 of a few megabytes in many files. */
const shape = { widths: [8, 16, 32, 64, 128], inputSize: 64, fc1: 2048 };
const shardBytes = 2 ** 19;
const weights = seededWeights(shape, 1);

let browser: Browser;
let server: ModelServer;
/** The same weights stored as q8: its convolutions are those of the f16 model. */
let files: Map<string, Uint8Array>;
let total: number;

async function build(encoding: 'f32' | 'f16' | 'q8'): Promise<Map<string, Uint8Array>> {
  const sink = memorySink();
  await writeVgg16(weights, { ...description, name: `seeded-${encoding}` }, encoding, sink, { shardBytes });
  return sink.contents();
}

const modelBytes = (of: ReadonlyMap<string, Uint8Array>): number =>
  [...of].reduce((sum, [file, { length }]) => sum + (file === 'manifest.json' ? 0 : length), 0);

before(async () => {
  files = await build('f32');
  total = modelBytes(files);
  server = await startModelServer(files);
  browser = await launchChromium();
});
after(async () => {
  await browser.close();
  await server.close();
});
afterEach(() => server.reset());

/** A browser's storage of its own, and an empty page. */
async function withContext(
  body: (context: BrowserContext, visit: () => Promise<Page>) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext();
  try {
    await body(context, async () => {
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      await page.goto(server.origin);
      return page;
    });
  } finally {
    await context.close();
  }
}

interface Opened {
  error?: { code?: string; message: string };
  modelFiles: Likeness.Report['modelFiles'];
  reason: string;
  fingerprint: string;
  features: number[];
  progress: Likeness.Progress[];
}

/** Opens the model in a page, extracts a picture and closes again. */
function open(page: Page, options: Partial<Likeness.OpenOptions> = {}): Promise<Opened> {
  return page.evaluate(
    async ([given, url]) => {
      const { ImageSearch } = (await import(url!)) as typeof Likeness;
      const progress: Likeness.Progress[] = [];
      try {
        const search = await ImageSearch.open({
          model: '/model/',
          device: 'wasm',
          threads: 1,
          ...(given as Likeness.OpenOptions),
          onProgress: (one) => progress.push(one),
        });
        const rgba = Uint8ClampedArray.from({ length: 64 * 64 * 4 }, (_, i) => (i * 7) % 251);
        const features = await search.extract(new ImageData(rgba, 64, 64));
        const { modelFiles, model, extractor } = await search.report();
        await search.close();
        const { fingerprint } = model;
        return {
          modelFiles,
          fingerprint,
          reason: extractor!.reason,
          features: Array.from(features),
          progress,
        };
      } catch (error) {
        const { code, message } = error as Likeness.LikenessError;
        return { error: { code, message } } as unknown as Opened;
      }
    },
    [options, '/dist/web/likeness.js'] as const,
  );
}

const list = (page: Page): Promise<Likeness.ModelInfo[]> =>
  page.evaluate(
    async (url) => ((await import(url)) as typeof Likeness).listModels(),
    '/dist/web/likeness.js',
  );

const shardNames = (): string[] => [...files.keys()].filter((file) => file.endsWith('.bin'));
const asked = (file: string): number => server.answers.filter((answer) => answer.file === file).length;

let wanted: number[] = [];
/** Features of the first, undisturbed delivery: every other has to give the same bits. */
function checkFeatures({ error, features }: Opened): void {
  assert.equal(error, undefined);
  assert.equal(features.length, shape.fc1);
  if (wanted.length === 0) wanted = features;
  assert.deepEqual(features, wanted);
}

describe('a model is delivered to a page', () => {
  test('several files at a time, with progress; the second time without the network', () =>
    withContext(async (_, visit) => {
      server.fault = () => ({ pieceMs: 1 });
      const page = await visit();
      await page.evaluate(() => {
        const persist = navigator.storage.persist.bind(navigator.storage);
        navigator.storage.persist = () => {
          (globalThis as { persistAsked?: boolean }).persistAsked = true;
          return persist();
        };
      });
      const first = await open(page);
      checkFeatures(first);
      assert.deepEqual(first.modelFiles, { where: 'opfs', warnings: [] });
      assert.ok(await page.evaluate(() => (globalThis as { persistAsked?: boolean }).persistAsked));
      assert.ok(shardNames().length >= 8, `${shardNames().length} shards`);
      assert.ok(server.maxAtOnce >= 2 && server.maxAtOnce <= 4, `${server.maxAtOnce} at once`);
      assert.equal(server.sentBytes(), total + files.get('manifest.json')!.length);
      const done = first.progress.map((one) => one.done);
      assert.deepEqual(
        [...done].sort((a, b) => a - b),
        done,
      );
      assert.ok(done.length > 5);
      const last = first.progress.at(-1)!;
      assert.deepEqual([last.done, last.total, last.fetched], [total, total, total]);
      await page.close();

      const asks = server.answers.length;
      const again = await open(await visit());
      checkFeatures(again);
      assert.equal(server.answers.length, asks, 'something was asked for again');
      assert.equal(again.progress.at(-1)!.fetched, 0);
      assert.equal(again.progress.at(-1)!.done, total);
    }));

  test('asked to refresh, it asks for the manifest; without the server it takes what is stored', () =>
    withContext(async (_, visit) => {
      checkFeatures(await open(await visit()));
      const asks = server.answers.length;
      checkFeatures(await open(await visit(), { refresh: true }));
      assert.deepEqual(
        server.answers.slice(asks).map(({ file }) => file),
        ['manifest.json'],
      );
      server.fault = () => ({ status: 503 });
      checkFeatures(await open(await visit(), { refresh: true }));
    }));

  test('a model replaced at its address is seen with refresh; what both have in common is not fetched again', async () => {
    const [f16, q8] = [await build('f16'), await build('q8')];
    const site = await startModelServer(f16);
    try {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(site.origin);
      const first = await open(page);
      assert.equal(first.error, undefined);
      for (const [file, bytes] of q8) f16.set(file, bytes);
      site.reset();
      const second = await open(page, { refresh: true });
      assert.equal(second.error, undefined);
      assert.notEqual(second.fingerprint, first.fingerprint);
      assert.ok(site.answers.length > 1);
      assert.ok(
        !site.answers.some(({ file }) => file.startsWith('graph-')),
        'convolutions were fetched again',
      );
      await context.close();
    } finally {
      await site.close();
    }
  });

  test('the built-in model is asked for: one that was stored before the library’s update is not used', () =>
    withContext(async (context, visit) => {
      const sink = memorySink();
      const before = { ...description, name: 'vgg16-compact', version: '1' };
      const { fingerprint } = await writeVgg16(weights, before, 'f16', sink);
      const builtIn = /\/models\/vgg16-compact\//;
      await context.route(builtIn, (route) => {
        const file = new URL(route.request().url()).pathname.split('/').at(-1)!;
        return route.fulfill({ body: Buffer.from(sink.contents().get(file)!) });
      });
      const first = await open(await visit(), { model: 'vgg16-compact' });
      assert.equal(first.fingerprint, fingerprint);
      await context.unroute(builtIn);
      const page = await visit();
      const second = await open(page, { model: 'vgg16-compact' });
      assert.match(second.fingerprint, /^vgg16-compact@2:/);
      assert.equal(second.features.length, 512);
      const [stored, ...others] = await list(page);
      assert.deepEqual([stored!.fingerprint, others], [second.fingerprint, []]);
    }));

  test('from another origin', () =>
    withContext(async (_, visit) => {
      const page = await visit();
      const elsewhere = server.origin.replace('localhost', '127.0.0.1');
      checkFeatures(await open(page, { model: `${elsewhere}/model/manifest.json` }));
      assert.equal((await list(page))[0]!.model, `${elsewhere}/model/`);
    }));

  test('from picked files and a picked folder; then by its fingerprint alone', () =>
    withContext((_, visit) =>
      withFolder(async (folder) => {
        const paths: string[] = [];
        for (const [file, bytes] of files) {
          paths.push(join(folder, file));
          await writeFile(paths.at(-1)!, bytes);
        }
        const page = await visit();
        await page.setInputFiles('input', paths);
        const opened = await page.evaluate(async (url) => {
          const { ImageSearch } = (await import(url)) as typeof Likeness;
          const picked = document.querySelector('input')!.files!;
          const search = await ImageSearch.open({ model: picked, device: 'wasm' });
          const report = await search.report();
          await search.close();
          return report;
        }, '/dist/web/likeness.js');
        assert.equal(opened.modelFiles!.where, 'opfs');
        await page.close();
        const next = await visit();
        const models = await list(next);
        assert.deepEqual(
          models.map(({ model, storedBytes }) => [model, storedBytes]),
          [[opened.model.fingerprint, total]],
        );
        checkFeatures(await open(next, { model: opened.model.fingerprint }));
        assert.equal(server.answers.length, 0);
        await next.setInputFiles('input', paths.slice(1));
        const missing = await next.evaluate(async (url) => {
          const { ImageSearch } = (await import(url)) as typeof Likeness;
          const picked = [...document.querySelector('input')!.files!].filter(
            ({ name }) => name !== 'manifest.json',
          );
          return ImageSearch.open({ model: picked }).catch((error: Error) => error.message);
        }, '/dist/web/likeness.js');
        assert.match(String(missing), /manifest\.json/);

        // A handle of a folder is what showDirectoryPicker gives; here of a folder of the page's own.
        const fromFolder = await next.evaluate(async (url) => {
          const { ImageSearch, deleteModel, listModels } = (await import(url)) as typeof Likeness;
          const rootFolder = await navigator.storage.getDirectory();
          const folder = await rootFolder.getDirectoryHandle('picked', { create: true });
          for (const file of document.querySelector('input')!.files!) {
            const writable = await (await folder.getFileHandle(file.name, { create: true })).createWritable();
            await writable.write(file);
            await writable.close();
          }
          await deleteModel((await listModels())[0]!.model);
          const names: string[] = [];
          try {
            await ImageSearch.open({ model: folder, device: 'wasm' });
          } catch (error) {
            names.push((error as Error).message);
          }
          return names;
        }, '/dist/web/likeness.js');
        // The first of the files was left out of this pick.
        assert.equal(fromFolder.length, 1);
        assert.ok(fromFolder[0]!.includes(paths[0]!.split('/').at(-1)!), fromFolder[0]);
      }),
    ));

  test('two pages at once fetch it once', () =>
    withContext(async (_, visit) => {
      server.fault = () => ({ pieceMs: 1 });
      const [a, b] = [await visit(), await visit()];
      const both = await Promise.all([open(a), open(b)]);
      for (const one of both) checkFeatures(one);
      assert.equal(server.sentBytes() - files.get('manifest.json')!.length * asked('manifest.json'), total);
    }));
});

describe('a delivery that is disturbed', () => {
  test('a cut connection is continued where it broke, with ranges and without', () =>
    withContext(async (_, visit) => {
      const [withRanges, without] = shardNames() as [string, string];
      server.fault = (file, count) => {
        if (count > 0 || ![withRanges, without].includes(file))
          return file === without ? { noRanges: true } : undefined;
        return { cutAfter: 100_000, pieceMs: 40 }; // in pieces: what is in a buffer is lost with the connection
      };
      checkFeatures(await open(await visit()));
      const [, second] = server.answers.filter(({ file }) => file === withRanges);
      assert.ok(second!.from > 0 && second!.from <= 100_000, `continued from ${second!.from}`);
      assert.equal(asked(without), 2);
    }));

  test('500 is tried again; 404, and 500 for ever, are errors that name file and answer', () =>
    withContext(async (_, visit) => {
      const [file] = shardNames() as [string];
      server.fault = (name, count) => (name === file && count < 2 ? { status: 500 } : undefined);
      checkFeatures(await open(await visit()));
      assert.equal(asked(file), 3);
    }).then(async () => {
      const [file] = shardNames() as [string];
      for (const [status, asks] of [
        [404, 1],
        [500, 4],
      ] as const) {
        await withContext(async (_, visit) => {
          server.reset();
          server.fault = (name) => (name === file ? { status } : undefined);
          const page = await visit();
          const { error } = await open(page);
          assert.equal(error?.code, 'not-found');
          assert.match(error!.message, new RegExp(`${file}.*answered ${status}`));
          assert.equal(asked(file), asks);
          // What came meanwhile is kept.
          server.reset();
          checkFeatures(await open(page));
          assert.equal(asked('manifest.json'), 0);
          assert.equal(asked(file), 1);
        });
      }
    }));

  test('a manifest that is missing or a page of HTML', () =>
    withContext(async (_, visit) => {
      const page = await visit();
      server.fault = () => ({ status: 404 });
      assert.equal((await open(page)).error?.code, 'not-found');
      server.fault = () => ({ body: new TextEncoder().encode('<!doctype html>') });
      const { error } = await open(page);
      assert.equal(error?.code, 'not-found');
      assert.match(error!.message, /manifest\.json: a page of HTML came: the file was not served/);
      server.fault = () => ({ body: new TextEncoder().encode('{') });
      const cut = (await open(page)).error;
      assert.equal(cut?.code, 'bad-model');
      assert.match(cut!.message, /manifest\.json is not JSON/);
    }));

  test('a damaged file is fetched once more, and then an error names it', () =>
    withContext(async (_, visit) => {
      const [file] = shardNames() as [string];
      const damaged = files.get(file)!.slice();
      damaged[12345]! ^= 1;
      server.fault = (name, count) => (name === file && count === 0 ? { body: damaged } : undefined);
      const page = await visit();
      checkFeatures(await open(page));
      assert.equal(asked(file), 2);

      for (const body of [damaged, files.get(file)!.slice(1), new Uint8Array([...files.get(file)!, 1])]) {
        await withContext(async (_context, visitNew) => {
          server.reset();
          server.fault = (name) => (name === file ? { body } : undefined);
          const { error } = await open(await visitNew());
          assert.ok(['bad-model', 'not-found'].includes(error!.code!), error?.code);
          assert.match(error!.message, new RegExp(file));
        });
      }
    }));

  test('one flipped byte in a stored file: that file alone is fetched again', () =>
    withContext(async (_, visit) => {
      const page = await visit();
      checkFeatures(await open(page));
      server.reset();
      await page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        const shards = await (await root.getDirectoryHandle('likeness-models')).getDirectoryHandle('shards');
        for await (const [name, handle] of shards.entries()) {
          const file = await (handle as FileSystemFileHandle).getFile();
          if (file.size < 400_000) continue;
          const bytes = new Uint8Array(await file.arrayBuffer());
          bytes[200_000]! ^= 4;
          const writable = await (await shards.getFileHandle(name)).createWritable();
          await writable.write(bytes);
          await writable.close();
          return;
        }
        throw new Error('no file is large enough');
      });
      checkFeatures(await open(page));
      assert.equal(server.answers.length, 1);
      assert.equal(server.answers[0]!.from, 0);
    }));

  test('aborted, it rejects with the reason, and goes on there the next time', () =>
    withContext(async (_, visit) => {
      server.fault = () => ({ pieceMs: 2 });
      const page = await visit();
      const reason = await page.evaluate(async (url) => {
        const { ImageSearch } = (await import(url)) as typeof Likeness;
        const controller = new AbortController();
        return ImageSearch.open({
          model: '/model/',
          signal: controller.signal,
          onProgress: ({ done, total }) => {
            if (done > total / 3) controller.abort(new Error('enough'));
          },
        }).catch((error: Error) => error.message);
      }, '/dist/web/likeness.js');
      assert.equal(reason, 'enough');
      const before = server.sentBytes();
      assert.ok(before < total);
      checkFeatures(await open(page));
      const again = server.sentBytes() - files.get('manifest.json')!.length - total;
      assert.ok(again <= 3 * shardBytes, `${again} bytes twice`);
    }));
});

describe('where a browser stores little or nothing', () => {
  test('a full quota: the rest stays in memory, with a warning', () =>
    withContext(async (context, visit) => {
      const page = await visit();
      const session = await context.newCDPSession(page);
      await session.send('Storage.overrideQuotaForOrigin', {
        origin: server.origin,
        quotaSize: Math.floor(total / 2),
      });
      const first = await open(page);
      checkFeatures(first);
      assert.equal(first.modelFiles!.where, 'memory');
      assert.match(first.modelFiles!.warnings.join(), /No more can be stored here/);
      const before = server.sentBytes();
      assert.ok(before < 1.5 * total, `${before} bytes for ${total}`);
      const [stored] = await list(page);
      assert.ok(stored!.storedBytes > 0 && stored!.storedBytes <= total / 2, `${stored!.storedBytes} stored`);
      checkFeatures(await open(page));
      assert.ok(server.sentBytes() - before < total, 'what is stored was fetched again');
      await session.send('Storage.overrideQuotaForOrigin', { origin: server.origin });
      const third = await open(page);
      checkFeatures(third);
      assert.equal(third.modelFiles!.where, 'opfs');
    }));

  test('without the private file system: IndexedDB, cut downloads continued', () =>
    withContext(async (_, visit) => {
      server.workerPrelude = 'delete globalThis.FileSystemFileHandle;';
      server.fault = (_file, count) => (count === 0 ? { cutAfter: 300_000 } : undefined);
      const first = await open(await visit());
      checkFeatures(first);
      assert.deepEqual(first.modelFiles, { where: 'indexeddb', warnings: [] });
      const asks = server.answers.length;
      const page = await visit();
      checkFeatures(await open(page));
      assert.equal(server.answers.length, asks);
      assert.deepEqual(
        (await list(page)).map(({ storedBytes }) => storedBytes),
        [total],
      );
    }));

  test('without either: memory', () =>
    withContext(async (_, visit) => {
      server.workerPrelude =
        'delete globalThis.FileSystemFileHandle; Object.defineProperty(globalThis, "indexedDB", { value: undefined });';
      const opened = await open(await visit());
      checkFeatures(opened);
      assert.equal(opened.modelFiles!.where, 'memory');
    }));

  test('models are listed with their sizes and deleted', () =>
    withContext(async (_, visit) => {
      const page = await visit();
      const info = (model: string): Promise<Likeness.ModelInfo> =>
        page.evaluate(
          async ([url, name]) => ((await import(url!)) as typeof Likeness).modelInfo(name!),
          ['/dist/web/likeness.js', model],
        );
      assert.deepEqual(await list(page), []);
      const before = await info('/model/');
      assert.deepEqual([before.byteLength, before.storedBytes, before.name], [total, 0, 'seeded-f32']);
      const build = (await page.evaluate(() => 'Suspending' in WebAssembly)) ? 'jspi' : 'asyncify';
      const ort = ['js', 'wasm.gz'].map((end) => statSync(join(root, `dist/web/ort/${build}.${end}`)).size);
      assert.equal(before.webgpuBytes, ort[0]! + ort[1]!);
      checkFeatures(await open(page));
      const [stored, ...others] = await list(page);
      assert.deepEqual(others, []);
      assert.deepEqual(stored, { ...before, storedBytes: total });
      const remove = (model: string): Promise<string> =>
        page.evaluate(
          async ([url, name]) =>
            ((await import(url!)) as typeof Likeness).deleteModel(name!).then(
              () => 'deleted',
              (error: Error) => error.message,
            ),
          ['/dist/web/likeness.js', model],
        );
      assert.match(await remove('/other/'), /No model ".*\/other\/" is stored/);
      assert.equal(await remove('/model/'), 'deleted');
      assert.deepEqual(await list(page), []);
      assert.equal((await info('/model/')).storedBytes, 0);
    }));
});

test('a WebGPU that fails spoils its worker: another one takes over, without fetching again', () =>
  withContext(async (_, visit) => {
    // An adapter that claims to be a real one, and fails.
    server.workerPrelude = `
      Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });
      for (const name of ['architecture', 'device', 'description'])
        Object.defineProperty(GPUAdapterInfo.prototype, name, { get: () => 'pretended' });
      GPUDevice.prototype.createComputePipelineAsync = async () => { throw new Error('no pipeline today'); };`;
    const page = await visit();
    const workers: string[] = [];
    page.on('worker', (worker) => workers.push(worker.url()));
    const opened = await open(page, { device: 'auto' });
    checkFeatures(opened);
    assert.match(opened.reason, /WebGPU failed its test.*no pipeline today/);
    assert.equal(workers.filter((url) => url.includes('worker.js')).length, 2);
    assert.equal(server.sentBytes(), total + files.get('manifest.json')!.length);
  }));

test('a page that is killed in the middle goes on where it was', () =>
  withFolder(async (profile) => {
    await mkdir(join(profile, 'user'));
    let fetched = 0;
    let kills = 0;
    for (const share of [0.2, 0.5, 0.8]) {
      const context = await launchPersistentChromium(join(profile, 'user'));
      server.fault = () => ({ pieceMs: 2 });
      const page = context.pages()[0] ?? (await context.newPage());
      await page.goto(server.origin);
      const killed = new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          if (server.sentBytes() < share * total) return;
          clearInterval(timer);
          resolve();
        }, 5);
      });
      void open(page).catch(() => {});
      await killed;
      if (share === 0.5) await page.close();
      else {
        const session = await context.browser()!.newBrowserCDPSession();
        await session.send('Browser.crash').catch(() => {});
      }
      kills++;
      await context.close().catch(() => {});
      fetched = server.sentBytes();
    }
    const context = await launchPersistentChromium(join(profile, 'user'));
    try {
      const page = context.pages()[0] ?? (await context.newPage());
      await page.goto(server.origin);
      checkFeatures(await open(page));
    } finally {
      await context.close();
    }
    const manifests = files.get('manifest.json')!.length * asked('manifest.json');
    const twice = server.sentBytes() - manifests - total;
    console.log(
      `# killed ${kills} times: ${twice} of ${total} bytes were sent twice (${fetched} before the last kill)`,
    );
    assert.ok(twice >= 0 && twice <= kills * 3 * shardBytes, `${twice} bytes twice`);
  }));
