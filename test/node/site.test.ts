// `likeness site`: what it writes, that it is the same everywhere, that unchanged pictures cost nothing, and that nothing is lost.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ImageSearch } from '../../src/api/image-search.node.ts';
import { buildSite } from '../../src/site/build.ts';
import type { SiteProgress } from '../../src/site/options.ts';
import type { SiteSummary } from '../../src/site/summary.ts';
import { likeness, root, withFolder } from '../support/cli.ts';
import { fillSite, pageOf, photographs, readSite, smallSite, snapshot } from '../support/site.ts';

/** As a user runs it; the summary as data. */
async function site(folder: string, cache: string, ...more: string[]): Promise<SiteSummary> {
  const { code, stdout, stderr } = await likeness('site', folder, '--cache', cache, '--json', ...more);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** A site that is built once, with the cache of its pictures; tests copy it. */
let made: { folder: string; cache: string; summary: SiteSummary };
let outermost: string;

before(async () => {
  outermost = await mkdtemp(join(tmpdir(), 'likeness-site-'));
  const [folder, cache] = [join(outermost, 'site'), join(outermost, 'cache')];
  await smallSite(folder);
  made = { folder, cache, summary: await site(folder, cache) };
});
after(() => rm(outermost, { recursive: true, force: true }));

/** Runs `body` with a copy of that site. */
const withCopy = (body: (folder: string, outer: string) => Promise<void>): Promise<void> =>
  withFolder(async (outer) => {
    await cp(made.folder, join(outer, 'copy'), { recursive: true });
    await body(join(outer, 'copy'), outer);
  });

/** A build from nothing, over the same files. */
async function freshBuild(folder: string, outer: string, ...more: string[]): Promise<Record<string, string>> {
  const fresh = join(outer, 'fresh');
  await cp(folder, fresh, { recursive: true });
  await rm(join(fresh, 'likeness'), { recursive: true });
  await site(fresh, join(outer, 'fresh-cache'), ...more);
  return snapshot(fresh);
}

describe('likeness site', () => {
  test('the summary says what was done', () => {
    const { summary } = made;
    assert.deepEqual(
      [summary.pages, summary.pictures, summary.extracted, summary.added, summary.changed, summary.removed],
      [2, 12, 12, 12, 0, 0],
    );
    assert.deepEqual([summary.failed, summary.passedOver, summary.missing, summary.unread], [[], {}, [], []]);
    const sum = Object.values(summary.bytes).reduce((a, b) => a + b, 0);
    assert.equal(summary.totalBytes, sum);
    assert.equal(summary.files.writtenBytes, sum);
    for (const [kind, bytes] of Object.entries(summary.bytes)) assert.ok(bytes > 0, kind);
    assert.ok(summary.visitor.firstSimilar < 40_000, `${summary.visitor.firstSimilar}`);
    assert.ok(summary.visitor.firstSearch! > summary.bytes.model);
  });

  test('what is in the folder is what the summary says, and nothing else', async () => {
    const folder = join(made.folder, 'likeness');
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const kinds = new Set(
      files.filter((entry) => entry.isFile()).map((entry) => entry.name.replace(/-?[0-9a-f]{12}/, '')),
    );
    for (const name of [
      'index.json',
      'similar.js',
      'similar.bin',
      'records.bin',
      'codes.bin',
      'rows.bin',
      'search.json',
      '.webp',
      'manifest.json',
      'likeness.js',
      'LICENSES.txt',
    ])
      assert.ok(kinds.has(name), name);
    assert.ok(!files.some(({ name }) => /lock|tmp$/.test(name)));
    assert.equal(files.filter((entry) => entry.isFile()).length, made.summary.files.written);
    const text = await readFile(join(folder, 'index.json'), 'utf8');
    assert.ok(!text.includes(made.folder) && !/20\d\d-/.test(text));
  });

  test('lists are those of `likeness query` over an index of the same files', async () => {
    await withFolder(async (outer) => {
      const index = join(outer, 'index');
      const { code, stderr } = await likeness('index', join(made.folder, 'photos'), '-o', index);
      assert.equal(code, 0, stderr);
      await using search = await ImageSearch.open({ store: `file:${index}` });
      const { lists, entry } = await readSite(made.folder);
      assert.deepEqual([entry.count, entry.k], [12, 30]);
      assert.equal(lists.size, 12);
      for (const [id, list] of lists) {
        const hits = await search.query(join(made.folder, id), {
          k: 12,
          exclude: [id.slice('photos/'.length)],
        });
        assert.deepEqual(
          list.map((hit) => hit.id),
          hits.map((hit) => `photos/${hit.id}`),
        );
        for (const [n, { distance }] of list.entries())
          assert.ok(Math.abs(distance - hits[n]!.distance) < 2 ** -15, `${distance}`);
      }
    });
  });

  test('places, words and metadata; markup in them is text', async () => {
    await withFolder(async (folder) => {
      await fillSite(folder, {
        'a.jpg': 'photo:A001',
        'b.jpg': 'photo:B001',
        'x/index.html': `<title>&lt;script>alert(1)&lt;/script></title><figure><img src=../a.jpg alt='"><img src=x onerror=alert(1)>' data-likeness-price="3 €"><figcaption>&lt;b>cap</figcaption></figure><img src=/b.jpg>`,
        'index.html': '<img src=b.jpg alt="B &amp; b">',
      });
      await site(folder, made.cache);
      const { records } = await readSite(folder);
      const [a, b] = records;
      assert.deepEqual(a!.places, [
        {
          page: 'x/index.html',
          alt: '"><img src=x onerror=alert(1)>',
          caption: '<b>cap',
          title: '<script>alert(1)</script>',
        },
      ]);
      assert.deepEqual(a!.meta, { price: '3 €' });
      assert.deepEqual([a!.width, a!.height], [307, 173]);
      assert.deepEqual(b!.places, [
        { page: 'index.html', alt: 'B & b' },
        { page: 'x/index.html', title: '<script>alert(1)</script>' },
      ]);
    });
  });

  test('names with every special character', async () => {
    await withFolder(async (folder) => {
      const names = [
        'a b#?%41&+;=.jpg',
        `q"'<>|*\\.jpg`,
        'été/日本語 😀.jpg',
        '%.jpg',
        '-k.jpg',
        'a\u202eb\n.jpg',
        '__proto__/constructor.jpg',
      ];
      const files = Object.fromEntries(names.map((name, n) => [name, `photo:${photographs[n]}`]));
      const url = (name: string): string =>
        name.split('/').map(encodeURIComponent).join('/').replaceAll("'", '%27');
      await fillSite(folder, {
        ...files,
        'index.html': names.map((name) => `<img src="${url(name)}">`).join(''),
      });
      const summary = await site(folder, made.cache);
      assert.deepEqual([summary.pictures, summary.missing], [names.length, []]);
      const { lists } = await readSite(folder);
      assert.deepEqual([...lists.keys()].sort(), [...names].sort());
    });
  });

  test('again: no picture is extracted, nothing is written', async () => {
    await withCopy(async (folder) => {
      const start = await snapshot(folder);
      const summary = await site(folder, made.cache);
      assert.deepEqual([summary.extracted, summary.reused, summary.threads], [0, 12, 0]);
      assert.deepEqual([summary.added, summary.changed, summary.removed], [0, 0, 0]);
      assert.deepEqual(summary.files, {
        ...made.summary.files,
        written: 0,
        writtenBytes: 0,
        kept: made.summary.files.written,
      });
      assert.deepEqual(await snapshot(folder), start);
    });
  });

  test('pictures change, move, go and come: only what is new is extracted, and the folder is as from nothing', async () => {
    await withCopy(async (folder, outer) => {
      const photos = join(folder, 'photos');
      await cp(join(photos, 'A001.jpg'), join(photos, 'A002.jpg'));
      await rename(join(photos, 'A003.jpg'), join(folder, 'moved.jpg'));
      await rm(join(photos, 'A004.jpg'));
      await fillSite(folder, { 'photos/new.jpg': 'photo:E003' });
      const home = await readFile(join(folder, 'index.html'), 'utf8');
      await writeFile(
        join(folder, 'index.html'),
        home.replace('photos/A003.jpg', 'moved.jpg').replace('/photos/A004.jpg', '/photos/new.jpg'),
      );
      const summary = await site(folder, made.cache);
      assert.deepEqual(
        [summary.pictures, summary.extracted, summary.added, summary.changed, summary.removed],
        [12, 1, 2, 1, 2],
      );
      assert.ok(summary.files.removed > 0 && summary.files.kept > 0);
      assert.deepEqual(await snapshot(folder), await freshBuild(folder, outer));
    });
  });

  test('the same bytes with one thread, in another place, with and without sharp', async () => {
    await withFolder(async (outer) => {
      const wanted = await snapshot(made.folder);
      const one = join(outer, 'one thread');
      await smallSite(one);
      await site(one, join(outer, 'cache 1'), '--threads', '1');
      assert.deepEqual(await snapshot(one), wanted);
      const without = join(outer, 'without');
      await smallSite(without);
      const hooks = `export async function resolve(name, context, next) { if (name === 'sharp') throw new Error('hidden'); return next(name, context); }`;
      const hide = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});`;
      await promisify(execFile)(process.execPath, [
        '--import',
        `data:text/javascript,${encodeURIComponent(hide)}`,
        join(root, 'dist/node/cli.js'),
        ...['site', without, '--cache', join(outer, 'cache 2'), '--quiet'],
      ]);
      assert.deepEqual(await snapshot(without), wanted);
    });
  });

  test('two at once', async () => {
    await withCopy(async (folder, outer) => {
      await rm(join(folder, 'likeness'), { recursive: true });
      const cache = join(outer, 'cache');
      const both = await Promise.all([site(folder, cache), site(folder, cache)]);
      assert.deepEqual(
        both.map(({ pictures }) => pictures),
        [12, 12],
      );
      assert.deepEqual(await snapshot(folder), await snapshot(made.folder));
    });
  });

  test('a damaged cache, and damaged files of the index, are made again', async () => {
    await withCopy(async (folder, outer) => {
      const cache = join(outer, 'cache');
      assert.equal((await site(folder, cache)).extracted, 12);
      const entries = (await readdir(cache, { recursive: true, withFileTypes: true })).filter((entry) =>
        entry.isFile(),
      );
      assert.equal(entries.length, 12);
      const [first, second, third] = entries.map((entry) => join(entry.parentPath, entry.name));
      const bytes = await readFile(first!);
      bytes[100]! ^= 1;
      await writeFile(first!, bytes);
      await writeFile(second!, '');
      await cp(entries.map((entry) => join(entry.parentPath, entry.name))[3]!, third!);
      const wanted = await snapshot(folder);
      const small = (await readdir(join(folder, 'likeness/small'))).sort();
      const path = join(folder, 'likeness/small', small[0]!);
      const picture = await readFile(path);
      picture[50]! ^= 1;
      await writeFile(path, picture);
      const summary = await site(folder, cache);
      assert.deepEqual([summary.extracted, summary.files.written], [3, 1]);
      assert.deepEqual(await snapshot(folder), wanted);
      assert.equal((await site(folder, cache)).extracted, 0);
    });
  });

  test('a cache that cannot be written is said, and the site is whole', async () => {
    await withFolder(async (outer) => {
      const folder = join(outer, 'site');
      await smallSite(folder, 3);
      await writeFile(join(outer, 'file'), '');
      const summary = await site(folder, join(outer, 'file'));
      assert.match(summary.warnings.join(), /cannot be written/);
      assert.equal((await readSite(folder)).lists.size, 3);
    });
  });

  test('pictures that cannot be read are named, the rest goes on', async () => {
    await withFolder(async (folder) => {
      await smallSite(folder, 3);
      const bytes = await readFile(join(folder, 'photos/A001.jpg'));
      await fillSite(folder, {
        'cut.jpg': bytes.subarray(0, 900),
        'text.jpg': 'no picture',
        'x.html': pageOf('X', 'cut.jpg', 'text.jpg', 'photos/A001.jpg', 'gone.jpg'),
      });
      const summary = await site(folder, made.cache);
      assert.deepEqual(
        summary.failed.map(({ id }) => id),
        ['cut.jpg', 'text.jpg'],
      );
      assert.match(summary.failed[0]!.message, /truncated/);
      assert.deepEqual(
        [summary.pictures, summary.passedOver, summary.missing],
        [3, { missing: 1 }, ['gone.jpg']],
      );
      const { code, stdout, stderr } = await likeness('site', folder, '--cache', made.cache);
      assert.equal(code, 0);
      assert.match(stdout, /3 pictures of 3 pages \(0 extracted, 2 skipped/);
      assert.match(stderr, /skipped cut\.jpg: [\s\S]*not in .*: gone\.jpg/);
    });
  });

  test('icons are passed over, and counted', async () => {
    await withFolder(async (folder) => {
      // Written by hand: BMP of 31 × 40 and 32 × 32 pixels, one colour.
      const bmp = (width: number, height: number): Uint8Array => {
        const line = Math.ceil((width * 3) / 4) * 4;
        const bytes = Buffer.alloc(54 + line * height, 200);
        bytes.fill(0, 0, 54);
        bytes.write('BM');
        for (const [at, value] of [
          [2, bytes.length],
          [10, 54],
          [14, 40],
          [18, width],
          [22, height],
          [34, line * height],
        ] as const)
          bytes.writeUInt32LE(value, at);
        bytes.writeUInt16LE(1, 26);
        bytes.writeUInt16LE(24, 28);
        return bytes;
      };
      await fillSite(folder, {
        '31.bmp': bmp(31, 40),
        '32.bmp': bmp(32, 32),
        'index.html': pageOf('', '31.bmp', '32.bmp'),
      });
      const summary = await site(folder, made.cache);
      assert.deepEqual([summary.pictures, summary.passedOver], [1, { small: 1 }]);
    });
  });

  test('--no-model, --model, -k, --small, --base, --select, --exclude, --pictures', async () => {
    await withCopy(async (folder, outer) => {
      await fillSite(folder, { 'loose/1.jpg': 'photo:E001', 'loose/2.png': 'photo:E002' });
      const summary = await site(
        folder,
        join(outer, 'cache'),
        '--no-model',
        '--model',
        join(root, 'models/vgg16-compact'),
        '-k',
        '2',
        '--small',
        '64',
        '--base',
        '/blog',
        '--exclude',
        'more/**',
        '--exclude',
        'A001.jpg',
        '--pictures',
        join(folder, 'loose'),
      );
      const { entry, lists } = await readSite(folder);
      assert.deepEqual(
        [entry.k, entry.base, entry.small, entry.search],
        [2, '/blog/', { size: 64 }, undefined],
      );
      // Pages name files by /photos/…, which is not below /blog/.
      assert.deepEqual([...lists.keys()], ['loose/1.jpg', 'loose/2.png']);
      assert.equal(summary.passedOver.outside, 7);
      assert.deepEqual(
        Object.entries(summary.bytes)
          .filter(([, bytes]) => bytes === 0)
          .map(([kind]) => kind),
        ['search', 'codes', 'rows', 'library', 'model'],
      );
      assert.ok(summary.files.removed > 20);
      assert.deepEqual(
        (await readdir(join(folder, 'likeness'))).filter((name) =>
          /^(lib|model|codes|rows|search)-/.test(name),
        ),
        [],
      );
      const selected = await site(
        folder,
        made.cache,
        '--select',
        'img[src$="A001.jpg"], img[src$="B001.jpg"]',
      );
      assert.deepEqual([selected.pictures, selected.passedOver], [2, { 'not-selected': 10 }]);
    });
  });

  test('--dry-run tells all and writes nothing', async () => {
    await withCopy(async (folder) => {
      await rm(join(folder, 'likeness'), { recursive: true });
      const summary = await site(folder, made.cache, '--dry-run');
      assert.deepEqual(
        { ...summary, seconds: 0, output: '' },
        { ...made.summary, extracted: 0, reused: 12, threads: 0, dryRun: true, seconds: 0, output: '' },
      );
      assert.ok(!(await readdir(folder)).includes('likeness'));
    });
  });

  test('one picture, and copies of it', async () => {
    await withFolder(async (folder) => {
      await fillSite(folder, { 'a.jpg': 'photo:A001', 'index.html': pageOf('', 'a.jpg') });
      assert.equal((await site(folder, made.cache)).pictures, 1);
      assert.deepEqual([...(await readSite(folder)).lists], [['a.jpg', []]]);
      await fillSite(folder, {
        'b.jpg': 'photo:A001',
        'c.jpg': 'photo:A001',
        'index.html': pageOf('', 'a.jpg', 'b.jpg', 'c.jpg'),
      });
      const summary = await site(folder, made.cache, '-k', '1');
      assert.deepEqual([summary.pictures, summary.extracted, summary.added], [3, 0, 2]);
      const { lists } = await readSite(folder);
      assert.deepEqual(
        [...lists.values()],
        [[{ id: 'b.jpg', distance: 0 }], [{ id: 'a.jpg', distance: 0 }], [{ id: 'a.jpg', distance: 0 }]],
      );
    });
  });

  test('Ctrl+C ends it in order, and the next run goes on', async () => {
    await withCopy(async (folder, outer) => {
      await rm(join(folder, 'likeness'), { recursive: true });
      const args = [join(root, 'dist/node/cli.js'), 'site', folder, '--cache', join(outer, 'cache')];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.on('data', (bytes) => {
        // A line for the pages, then one for each tenth of the pictures.
        stderr += bytes;
        // Once: a second one ends it at once.
        if (/Pictures/.test(stderr) && !child.killed) child.kill('SIGINT');
      });
      const [, signal] = await once(child, 'close');
      assert.equal(signal, 'SIGINT', stderr);
      assert.match(
        stderr,
        /likeness: interrupted: the index that was there is whole; the same command goes on from here/,
      );
      assert.ok(!(await readdir(folder)).includes('likeness'));
      await site(folder, join(outer, 'cache'));
      assert.deepEqual(await snapshot(folder), await snapshot(made.folder));
    });
  });

  test('somebody’s folder likeness/ is refused, and stays as it is', async () => {
    const foreign: Record<string, string>[] = [
      { 'likeness/me.jpg': 'x' },
      { 'likeness/index.json': '{"name":"mine"}' },
      { 'likeness/similar.js': 'mine()' },
      { 'likeness/small/notes.txt': 'mine' },
      { likeness: 'a file' },
    ];
    for (const files of foreign) {
      await withFolder(async (folder) => {
        await smallSite(folder, 2);
        await fillSite(folder, files);
        const start = await snapshot(folder);
        const { code, stderr } = await likeness('site', folder, '--cache', made.cache);
        assert.equal(code, 1);
        assert.match(stderr, /likeness (is there and was not written by "likeness site"|is a file)/);
        assert.deepEqual(await snapshot(folder), start);
      });
    }
  });

  test('links out of the site are not written through', async () => {
    await withCopy(async (folder, outer) => {
      const elsewhere = join(outer, 'elsewhere');
      await mkdir(elsewhere);
      await rename(join(folder, 'likeness/small'), join(outer, 'aside'));
      await symlink(elsewhere, join(folder, 'likeness/small'));
      const inside = await likeness('site', folder, '--cache', made.cache);
      assert.equal(inside.code, 1);
      assert.match(inside.stderr, /is a link/);
      await rm(join(folder, 'likeness'), { recursive: true });
      await symlink(elsewhere, join(folder, 'likeness'));
      const whole = await likeness('site', folder, '--cache', made.cache);
      assert.equal(whole.code, 1);
      assert.match(whole.stderr, /likeness is a link/);
      assert.deepEqual(await readdir(elsewhere), []);
    });
  });

  test('files of others in our folder stay', async () => {
    await withCopy(async (folder) => {
      await fillSite(folder, {
        'likeness/README.md': 'ours',
        'likeness/small/mine.webp': 'x',
        'likeness/.likeness-00000000-0000-0000-0000-000000000000.tmp': 'x',
      });
      await site(folder, made.cache, '-k', '3');
      const names = await readdir(join(folder, 'likeness'));
      assert.ok(names.includes('README.md') && !names.some((name) => name.endsWith('.tmp')));
      assert.equal(await readFile(join(folder, 'likeness/small/mine.webp'), 'utf8'), 'x');
    });
  });

  test('a full disk is said, and the index that was there is whole', async () => {
    await withCopy(async (folder) => {
      const old = await readSite(folder);
      await fillSite(folder, { 'new.jpg': 'photo:E003', 'new.html': pageOf('New', 'new.jpg') });
      await rm(join(folder, 'likeness'), { recursive: true });
      await cp(join(made.folder, 'likeness'), join(folder, 'likeness'), { recursive: true });
      // The rows are 26 kB: no file may be so long.
      const command = `ulimit -f 24; exec "$0" "$@"`;
      const args = [join(root, 'dist/node/cli.js'), 'site', folder, '--cache', made.cache, '--quiet'];
      const error = await promisify(execFile)('bash', ['-c', command, process.execPath, ...args]).then(
        () => undefined,
        (reason: { code: number; stderr: string }) => reason,
      );
      assert.equal(error?.code, 1, error?.stderr);
      assert.match(error!.stderr, /likeness: Nothing can be written to .*likeness: .*(room|larger)/);
      const after = await readSite(folder);
      assert.deepEqual(after.entry, old.entry);
      const names = await readdir(join(folder, 'likeness'), { recursive: true });
      assert.ok(!names.some((name) => /tmp$|lock/.test(name)));
      assert.equal((await site(folder, made.cache)).pictures, 13);
    });
  });

  test('wrong arguments are refused before anything is done', async () => {
    await withFolder(async (outer) => {
      const folder = join(outer, 'site');
      await smallSite(folder, 2);
      await mkdir(join(outer, 'photos'));
      const wrong: [RegExp, ...string[]][] = [
        [/There is no folder .*gone/, join(outer, 'gone')],
        [/is a file/, join(folder, 'index.html')],
        [/There is no HTML in/, join(folder, 'photos')],
        [/no CSS selector/, folder, '--select', 'img['],
        [/-k has to be/, folder, '-k', '0'],
        [/--small has to be/, folder, '--small', '9999'],
        [/base is "ftp:/, folder, '--base', 'ftp://x/'],
        [/is outside of .*photos=photos/, folder, '--pictures', join(outer, 'photos')],
        [/There is no folder nowhere/, folder, '--pictures', 'nowhere'],
        [/no built-in model "x"/, folder, '--model', 'x'],
        [/selector matches no picture/, folder, '--select', 'main'],
      ];
      for (const [message, ...args] of wrong) {
        const { code, stderr } = await likeness('site', ...args);
        assert.ok(code > 0, `${args}`);
        assert.match(stderr, message);
      }
      assert.deepEqual(await readdir(folder), ['index.html', 'more', 'photos']);
      const again = await likeness('site', join(made.folder, 'likeness'));
      assert.match(again.stderr, /name the folder of the site/);
    });
  });
});

describe('buildSite', () => {
  test('tells how far it has come', async () => {
    await withFolder(async (folder) => {
      await smallSite(folder, 4);
      const seen: SiteProgress[] = [];
      const summary = await buildSite({
        folder,
        cache: made.cache,
        onProgress: (progress) => seen.push(progress),
      });
      assert.equal(summary.pictures, 4);
      assert.deepEqual(
        [...new Set(seen.map(({ phase }) => phase))],
        ['pages', 'pictures', 'neighbours', 'write'],
      );
      assert.deepEqual(seen.filter(({ phase }) => phase === 'pictures').at(-1), {
        phase: 'pictures',
        done: 4,
        total: 4,
        extracted: 0,
      });
    });
  });

  test('ends with its signal, at any moment; the index that was there is whole', async () => {
    await withCopy(async (folder, outer) => {
      await rm(join(folder, 'photos/A001.jpg'));
      const wanted = await freshBuild(folder, outer);
      for (const phase of ['pages', 'pictures', 'neighbours', 'write'] as const) {
        const stop = new AbortController();
        const onProgress = (progress: SiteProgress): void => {
          if (progress.phase === phase) stop.abort(new Error('enough'));
        };
        await assert.rejects(
          buildSite({ folder, cache: join(outer, `cache ${phase}`), signal: stop.signal, onProgress }),
          /enough/,
        );
        assert.equal((await readSite(folder)).lists.size, 12, phase);
      }
      await assert.rejects(buildSite({ folder, signal: AbortSignal.abort(new Error('at once')) }), /at once/);
      await buildSite({ folder, cache: made.cache });
      assert.deepEqual(await snapshot(folder), wanted);
    });
  });

  test('refuses what it cannot be', async () => {
    const wrong: [unknown, RegExp][] = [
      [undefined, /takes its options as an object/],
      [{}, /folder is undefined/],
      [{ folder: made.folder, k: 1.5 }, /k is 1\.5/],
      [{ folder: made.folder, search: 'yes' }, /search is "yes"/],
      [{ folder: made.folder, exclude: '*.gif' }, /exclude is "\*\.gif"; it has to be a list of texts/],
      [{ folder: made.folder, signal: 1 }, /signal/],
      [{ folder: made.folder, threads: 0 }, /threads is 0/],
    ];
    for (const [options, message] of wrong)
      await assert.rejects(buildSite(options as never), { code: 'bad-argument', message });
  });
});
