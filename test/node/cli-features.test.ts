import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ensurePython } from '../../scripts/python.mjs';
import { exportIndex } from '../../src/cli/commands/export.ts';
import { importFeatures } from '../../src/cli/commands/import.ts';
import { query } from '../../src/cli/commands/query.ts';
import { keyOf, perImageNames } from '../../src/cli/per-image-names.ts';
import { encodeNpy, parseNpy } from '../../src/python/npy.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { FolderStore } from '../../src/store/media/store.node.ts';
import { likenessIn, withFolder } from '../support/cli.ts';
import { dimension, saveJson, saveRows, unitVectors } from '../support/features.ts';
import { seeded } from '../support/random.ts';

const run = promisify(execFile);
const python = ensurePython();

/** Runs lines of Python with NumPy in a folder. */
const numpy = (folder: string, code: string): Promise<unknown> =>
  run(python, ['-c', `import json\nimport numpy as np\n${code}`], { cwd: folder });

async function works(folder: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await likenessIn(folder, ...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  return { stdout, stderr };
}

async function refused(folder: string, args: string[], message: RegExp): Promise<void> {
  const before = await readdir(folder);
  const { code, stdout, stderr } = await likenessIn(folder, ...args);
  assert.equal(code, 1, `${args.join(' ')}: ${stdout}${stderr}`);
  assert.match(stderr, message);
  assert.match(stderr, /^likeness: [^\n]+\n$/, 'one line');
  assert.deepEqual(await readdir(folder), before);
}

/** Ids and rows of an index. */
async function contentOf(folder: string): Promise<[string, Float32Array][]> {
  const index = await IndexStore.open(new FolderStore(folder));
  const values = new Float32Array(index.entries.length * dimension);
  await index.readRows(index.entries, values);
  const ids = index.entries.map(({ id }) => id);
  await index.close();
  return ids.map((id, n) => [id, values.slice(n * dimension, (n + 1) * dimension)]);
}

async function makeIndex(folder: string, ids: readonly string[], output = 'index'): Promise<void> {
  await saveRows(join(folder, 'made.npy'), unitVectors(ids.length));
  await saveJson(join(folder, 'made.json'), ids);
  await works(folder, 'import', 'made.npy', '--ids', 'made.json', '-o', output);
}

/** Ids whose names meet somewhere, or are none everywhere. */
const difficult = [
  ...['photo.jpg', 'photo.png', 'photo.jpg.webp', 'photo', 'Photo.JPG', 'PHOTO.jpg.npy', 'photo.npy'],
  ...['plain.jpg', 'sub/plain.jpg', 'sub/deeper/plain.png', 'sub.jpg', 'a.npy/b.jpg', 'a.jpg', 'A.png'],
  ...[
    'CON',
    'con.jpg',
    'nul.tar.gz',
    'COM1/x.jpg',
    'what?.jpg',
    'a:b.jpg',
    'a|b<c>"*.jpg',
    'back\\slash.jpg',
  ],
  ...[
    'dot./x.jpg',
    'space /x.jpg',
    'ends.',
    'ends ',
    '.hidden.jpg',
    '._apple.jpg',
    '..',
    '../up.jpg',
    '.',
    '/abs.jpg',
  ],
  ...[
    'a//b.jpg',
    'caf\u00e9.jpg',
    'cafe\u0301.jpg',
    'CAFE\u0301.png',
    '絵/写真.jpg',
    'ı.jpg',
    'İ.jpg',
    'i.jpg',
    'I.png',
  ],
  ...['ß.jpg', 'SS.jpg', `${'long '.repeat(60)}.jpg`, `${'long '.repeat(60)}.png`, `${'絵'.repeat(100)}.jpg`],
  ...[
    'https://example.org/a?b=c#d.jpg',
    'tab\there.jpg',
    'line\nfeed.jpg',
    '\u{1f600}.jpg',
    '\ud800.jpg',
    '\udfff.jpg',
  ],
  ...[
    'likeness-ids.json',
    'likeness-ids.json/x.jpg',
    '__proto__',
    'what%3F.jpg',
    'C%4FN',
    '%2E.',
    ' lead.jpg',
    '~home.jpg',
  ],
  ...['index-1.likeness', 'lock', '1', '2.jpg', '10.jpg', 'constructor.jpg', '-o.jpg', 'é', 'e\u0301.png'],
];

test('names of files never meet, for difficult ids and random ones; plain ones are the tutorial’s', () => {
  const plain = ['0001.jpg', '0002.jpg', 'beach/7.jpeg', 'a b.c.png', 'none'];
  assert.deepEqual(perImageNames(plain), ['0001.npy', '0002.npy', 'beach/7.npy', 'a b.c.npy', 'none.npy']);
  const next = seeded(6);
  const pick = (from: string): string => from[Math.floor(next() * from.length)]!;
  for (let round = 0; round < 300; round++) {
    const ids = new Set(round === 0 ? difficult : []);
    for (let n = 0; n < 40; n++) {
      ids.add(Array.from({ length: 1 + Math.floor(next() * 8) }, () => pick('aAéE./\\.:?nulNUL ~')).join(''));
    }
    const names = perImageNames([...ids]);
    const keys = new Set<string>();
    for (const name of names) {
      const key = keyOf(name);
      assert.ok(!keys.has(key), `${name} twice`);
      keys.add(key);
      for (const part of name.split('/')) {
        assert.ok(Buffer.byteLength(part) <= 240 && part !== '' && part !== '.' && part !== '..', name);
        assert.ok(!/[<>:"|?*\\]|[. ]$|^\._/.test(part) && !/^(con|nul|com1)(\.|$)/i.test(part), name);
      }
    }
    for (const key of keys) {
      const parts = key.split('/');
      for (let n = 1; n < parts.length; n++) assert.ok(!keys.has(parts.slice(0, n).join('/')), key);
    }
  }
});

describe('export --per-image', () => {
  test('import gives the same ids, rows and order back, for ids of every kind', () =>
    withFolder(async (folder) => {
      await makeIndex(folder, difficult);
      const before = await contentOf(join(folder, 'index'));
      assert.deepEqual(
        before.map(([id]) => id),
        difficult.map((id) => id),
      );
      await works(folder, 'export', 'index', '--per-image', 'each', '--ids', 'ids.json');
      const files = (await readdir(join(folder, 'each'), { recursive: true })).filter((name) =>
        name.endsWith('.npy'),
      );
      assert.ok(files.length >= difficult.length);
      await works(folder, 'import', 'each', '-o', 'again');
      assert.deepEqual(await contentOf(join(folder, 'again')), before);
      await works(folder, 'import', 'each', '--ids', 'ids.json', '-o', 'with ids');
      assert.deepEqual(await contentOf(join(folder, 'with ids')), before);
    }));

  test('files that no export wrote are not touched; its own are replaced, and go with their picture', () =>
    withFolder(async (folder) => {
      await makeIndex(folder, ['a.jpg', 'b.jpg', 'c.jpg']);
      await mkdir(join(folder, 'each'));
      await writeFile(join(folder, 'each/b.npy'), 'mine');
      await refused(
        folder,
        ['export', 'index', '--per-image', 'each'],
        /each.b\.npy is there already, and no export wrote it/,
      );
      assert.deepEqual(await readdir(join(folder, 'each')), ['b.npy']);
      await writeFile(join(folder, 'diary'), 'mine');
      await mkdir(join(folder, 'links'));
      await symlink('../diary', join(folder, 'links/a.npy'));
      await refused(folder, ['export', 'index', '--per-image', 'links'], /a\.npy is there already/);
      await writeFile(join(folder, 'links/likeness-ids.json'), '{"whole":true,"files":{"../diary":"a.jpg"}}');
      await refused(
        folder,
        ['export', 'index', '--per-image', 'links'],
        /is not what "likeness export --per-image" writes/,
      );
      assert.equal(await readFile(join(folder, 'diary'), 'utf8'), 'mine');

      await mkdir(join(folder, 'own'));
      await writeFile(join(folder, 'own/notes.txt'), 'mine');
      await works(folder, 'export', 'index', '--per-image', 'own');
      await works(folder, 'export', 'index', '--per-image', 'own', '--dtype', 'f2');
      await makeIndex(folder, ['a.jpg', 'b.png'], 'less');
      await works(folder, 'export', 'less', '--per-image', 'own');
      assert.deepEqual((await readdir(join(folder, 'own'))).sort(), [
        'a.npy',
        'b.npy',
        'likeness-ids.json',
        'notes.txt',
      ]);
      await works(folder, 'import', 'own', '-o', 'again');
      assert.deepEqual(await contentOf(join(folder, 'again')), await contentOf(join(folder, 'less')));
      // Added and removed by hand.
      await cp(join(folder, 'own/b.npy'), join(folder, 'own/new.npy'));
      await run('rm', [join(folder, 'own/a.npy')]);
      const { stderr } = await works(folder, 'import', 'own', '-o', 'by hand');
      assert.match(stderr, /1 of the 2 files that likeness-ids\.json lists are not there/);
      assert.deepEqual(
        (await contentOf(join(folder, 'by hand'))).map(([id]) => id),
        ['b.png', 'new'],
      );
    }));

  test('a folder as the tutorial writes it, copied by macOS, with folders named like files', () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, 'feature/sub.npy'), { recursive: true });
      const row = unitVectors(1);
      for (const name of ['0002', '0001', 'sub.npy/0003'])
        await writeFile(join(folder, `feature/${name}.npy`), encodeNpy(row, [dimension]));
      await writeFile(join(folder, 'feature/._0001.npy'), Buffer.from([0, 5, 0x16, 7, 0, 2, 0, 0]));
      await works(folder, 'import', 'feature', '-o', 'index');
      const ids = (await contentOf(join(folder, 'index'))).map(([id]) => id);
      assert.deepEqual(ids, ['0001', '0002', 'sub.npy/0003']);
      await run('mkfifo', [join(folder, 'feature/pipe.npy')]);
      await refused(
        folder,
        ['import', 'feature', '-o', 'other'],
        /pipe\.npy is no plain file but a named pipe/,
      );
    }));
});

describe('vectors that are no numbers, or of another length', () => {
  test('are refused by file, row and id, in every kind of file; --skip-bad leaves them out', () =>
    withFolder(async (folder) => {
      await numpy(
        folder,
        `rows = np.random.default_rng(3).normal(size=(300, 512))
rows /= np.linalg.norm(rows, axis=1, keepdims=True)
bad = rows.copy(); bad[3, 7] = np.nan; bad[280, 0] = -np.inf
np.save('f4.npy', bad.astype('f4')); np.save('f8.npy', bad); np.save('f2.npy', bad.astype('f2'))
huge = rows.copy(); huge[3, 7] = 1e300; huge[280, 0] = -1e39
np.save('huge.npy', huge)
np.savez_compressed('z.npz', features=bad)
np.save('fortran.npy', np.asfortranarray(bad))
json.dump([f'{n}.jpg' for n in range(300)], open('ids.json', 'w'))
np.save('good.npy', rows.astype('f4'))
import os
os.mkdir('each')
for n in (0, 1, 2): np.save(f'each/{n}.npy', bad[n + 2])`,
      );
      for (const file of ['f4.npy', 'f8.npy', 'f2.npy', 'huge.npy', 'z.npz', 'fortran.npy']) {
        const what = file === 'huge.npy' ? 'Infinity' : 'NaN';
        const message = new RegExp(
          `row 3 \\(counted from 0\\) of ${file}, "3\\.jpg", holds ${what} \\(value 7\\)`,
        );
        await refused(folder, ['import', file, '--ids', 'ids.json', '-o', 'x'], message);
        const args = ['import', file, '--ids', 'ids.json', '--skip-bad', '-o', `from ${file}`];
        const { stdout, stderr } = await works(folder, ...args);
        assert.match(stdout, /298 pictures/);
        assert.match(stderr, /2 of 300 rows were skipped/);
        assert.match(stderr, /"280\.jpg", holds -Infinity \(value 0\)/);
        assert.ok(!stderr.includes('length'), stderr);
        const ids = (await contentOf(join(folder, `from ${file}`))).map(([id]) => id);
        assert.deepEqual([ids.length, ids.includes('3.jpg'), ids[3]], [298, false, '4.jpg']);
      }
      await refused(folder, ['import', 'each', '-o', 'x'], /each.1\.npy, "1", holds NaN/);
      await works(folder, 'import', 'each', '--skip-bad', '-o', 'some');
      assert.deepEqual(
        (await contentOf(join(folder, 'some'))).map(([id]) => id),
        ['0', '2'],
      );
    }));

  test('of an exported index: a row that is damaged', () =>
    withFolder(async (folder) => {
      await makeIndex(folder, ['a.jpg', 'b.jpg', 'c.jpg']);
      await works(folder, 'export', 'index', '--file', 'copy.likeness');
      const path = join(folder, 'copy.likeness');
      const bytes = await readFile(path);
      bytes[4096 + 64 + 4 * dimension + 9]! ^= 4;
      await writeFile(path, bytes);
      await refused(
        folder,
        ['import', 'copy.likeness', '-o', 'x'],
        /row 1 .*copy\.likeness, "b\.jpg", does not match its checksum/,
      );
      await works(folder, 'import', 'copy.likeness', '--skip-bad', '-o', 'x');
      assert.deepEqual(
        (await contentOf(join(folder, 'x'))).map(([id]) => id),
        ['a.jpg', 'c.jpg'],
      );
    }));

  test('a query that is no vector of numbers is an error; one of another length is warned of', () =>
    withFolder(async (folder) => {
      await makeIndex(folder, ['a.jpg', 'b.jpg', 'c.jpg']);
      await numpy(
        folder,
        `q = np.load('made.npy')[0]
np.save('q.npy', q); np.save('long.npy', q * 3)
wide = q.astype('f8'); wide[5] = 1e300; np.save('huge.npy', wide)
q[5] = np.inf; np.save('inf.npy', q)
q[5] = np.nan; np.save('nan.npy', q.astype('f2'))
np.save('raw.npy', np.load('made.npy') * 5)`,
      );
      for (const file of ['inf.npy', 'nan.npy', 'huge.npy'])
        await refused(
          folder,
          ['query', file, '-i', 'index', '--json'],
          new RegExp(`${file} holds (NaN|Infinity) \\(value 5`),
        );
      assert.equal((await works(folder, 'query', 'q.npy', '-i', 'index', '--json')).stderr, '');
      const { stdout, stderr } = await works(folder, 'query', 'long.npy', '-i', 'index', '--json');
      assert.match(stderr, /The query has length 3\.000, 3 of the 3 vectors in the index have length 1/);
      assert.equal(JSON.parse(stdout)[0].id, 'a.jpg');
      const raw = await works(folder, 'import', 'raw.npy', '--ids', 'made.json', '-o', 'raw');
      assert.match(raw.stderr, /3 of 3 vectors are not of length 1.*from 5\.000 to 5\.000/);
      assert.equal((await works(folder, 'query', 'long.npy', '-i', 'raw', '--json')).stderr, '');
      assert.match(
        (await works(folder, 'query', 'q.npy', '-i', 'raw', '--json')).stderr,
        /The query has length 1\.000, 0 of/,
      );
      // Also where some rows are bad.
      await numpy(folder, `x = np.load('raw.npy'); x[1, 1] = np.nan; np.save('mixed.npy', x)`);
      const mixed = await works(
        folder,
        'import',
        'mixed.npy',
        '--ids',
        'made.json',
        '--skip-bad',
        '-o',
        'mixed',
      );
      assert.match(mixed.stderr, /2 of 2 vectors are not of length 1/);
    }));
});

describe('what is read', () => {
  test('folders, pipes, empty files and odd lists of ids are told; a byte order mark is no matter', () =>
    withFolder(async (folder) => {
      await saveRows(join(folder, 'f.npy'), unitVectors(2));
      await saveJson(join(folder, 'ids.json'), ['a', 'b']);
      await writeFile(join(folder, 'empty.npy'), '');
      await mkdir(join(folder, 'folder.json'));
      await run('mkfifo', [join(folder, 'pipe.npy')]);
      const odd: [string, unknown, RegExp][] = [
        ['object.json', { a: 1 }, /list of strings, an id for each row; it is an object/],
        ['numbers.json', ['a', 2], /item 1 \(counted from 0\) is a number/],
        ['empty-id.json', ['a', ''], /item 1 \(counted from 0\) is an empty string/],
        ['twice.json', ['a', 'a'], /has the id "a" twice/],
        ['three.json', ['a', 'b', 'c'], /f\.npy has 2 rows, three\.json has 3 ids/],
      ];
      for (const [name, value, message] of odd) {
        await saveJson(join(folder, name), value);
        await refused(folder, ['import', 'f.npy', '--ids', name, '-o', 'x'], message);
      }
      await refused(
        folder,
        ['import', 'f.npy', '--ids', 'folder.json', '-o', 'x'],
        /folder\.json is a folder; wanted a file/,
      );
      await refused(
        folder,
        ['import', 'f.npy', '--ids', 'pipe.npy', '-o', 'x'],
        /pipe\.npy is no plain file but a named pipe/,
      );
      await refused(
        folder,
        ['import', 'pipe.npy', '--ids', 'ids.json', '-o', 'x'],
        /pipe\.npy is no plain file/,
      );
      await refused(
        folder,
        ['import', 'empty.npy', '--ids', 'ids.json', '-o', 'x'],
        /empty\.npy is empty: 0 bytes/,
      );
      await refused(folder, ['import', 'f.npy', '-o', 'x'], /Name a list with --ids/);
      await makeIndex(folder, ['a.jpg']);
      await refused(folder, ['query', 'pipe.npy', '-i', 'index'], /pipe\.npy is no plain file/);
      await refused(folder, ['query', 'folder.json', '-i', 'index'], /is a folder; wanted a file/);
      await refused(folder, ['tensor', 'pipe.npy', '-o', 'x.npy'], /pipe\.npy is no plain file/);
      const bom = (encoding: BufferEncoding): Buffer => Buffer.from('\ufeff["ä", "b"]', encoding);
      for (const encoding of ['utf8', 'utf16le'] as const) {
        await writeFile(join(folder, 'bom.json'), bom(encoding));
        await works(folder, 'import', 'f.npy', '--ids', 'bom.json', '-o', encoding);
        assert.deepEqual(
          (await contentOf(join(folder, encoding))).map(([id]) => id),
          ['ä', 'b'],
        );
      }
    }));

  test('every file is closed, also when a command fails', () =>
    withFolder(async (folder) => {
      await makeIndex(folder, ['a.jpg', 'b.jpg']);
      const at = (name: string): string => join(folder, name);
      await works(folder, 'export', 'index', '--file', 'copy.likeness', '--per-image', 'each');
      await numpy(
        folder,
        `x = np.load('made.npy'); np.savez('z.npz', x); x[1, 1] = np.nan; np.save('nan.npy', x); np.save('wide.npy', x[:, :9])
open('short.npz', 'wb').write(open('z.npz', 'rb').read()[:-300])
np.save('q.npy', x[0]); np.save('qnan.npy', x[1])`,
      );
      await saveJson(at('one.json'), ['a']);
      const bytes = await readFile(at('copy.likeness'));
      bytes[4096 + 64 + 9]! ^= 4;
      await writeFile(at('damaged.likeness'), bytes);
      const openFiles = async (): Promise<string[]> => {
        const { readlink } = await import('node:fs/promises');
        const fds = await readdir('/proc/self/fd');
        const links = await Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
        return links.filter((link) => link.startsWith(folder));
      };
      const model = 'vgg16-compact';
      const good = [
        ['made.npy', 'made.json'],
        ['z.npz', 'made.json'],
        ['each', undefined],
        ['copy.likeness', undefined],
      ] as const;
      const fails = [
        ['nan.npy', 'made.json'],
        ['wide.npy', 'made.json'],
        ['made.npy', 'one.json'],
        ['made.npy', 'none.json'],
        ['short.npz', 'made.json'],
        ['damaged.likeness', undefined],
        ['made.json', 'made.json'],
      ] as const;
      for (const [n, [from, ids]] of [...good, ...fails].entries()) {
        const options = { model, output: at(`out ${n}`), ...(ids ? { ids: at(ids) } : {}) };
        const result = importFeatures(at(from), options);
        if (n < good.length) await result;
        else await assert.rejects(result, from);
        assert.deepEqual(await openFiles(), [], `import ${from} ${ids}`);
      }
      const backend = 'auto' as const;
      await query(at('q.npy'), { index: at('index'), k: 1, backend, json: true });
      await assert.rejects(query(at('qnan.npy'), { index: at('index'), k: 1, backend }));
      await assert.rejects(
        query(at('none.npy'), { index: at('damaged.likeness'), k: 1, backend, html: at('x.html') }),
      );
      await exportIndex(at('index'), { npy: at('e.npy'), dtype: 'f4' });
      await assert.rejects(exportIndex(at('made.npy'), { npy: at('e.npy'), dtype: 'f4' }));
      assert.deepEqual(await openFiles(), [], 'query and export');
      assert.equal(parseNpy(await readFile(at('e.npy'))).shape[0], 2);
    }));
});
