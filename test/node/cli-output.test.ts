import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  cp,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { prepareTarget } from '../../src/cli/index-target.ts';
import { placeForFolder } from '../../src/output/place.node.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { FolderStore } from '../../src/store/media/store.node.ts';
import { type likeness, likenessIn, root, samples, withFolder } from '../support/cli.ts';
import { saveJson, saveRows, unitVectors } from '../support/features.ts';
import { fullTest } from '../support/full.ts';

/** A folder of features, an index of them, and pictures; each test has a copy. */
let kit: string;
let release: () => void;
let finished: Promise<void>;

before(
  () =>
    new Promise<void>((ready, failed) => {
      finished = withFolder(async (path) => {
        kit = path;
        await saveRows(join(kit, 'features.npy'), unitVectors(3));
        await saveJson(join(kit, 'ids.json'), ['a.jpg', 'b.jpg', 'c.jpg']);
        await mkdir(join(kit, 'pics'));
        for (const name of ['A001', 'A002'])
          await cp(join(samples, `${name}.jpeg`), join(kit, 'pics', `${name}.jpeg`));
        const { code, stderr } = await likenessIn(
          kit,
          'import',
          'features.npy',
          '--ids',
          'ids.json',
          '-o',
          'index',
        );
        assert.equal(code, 0, stderr);
        await new Promise<void>((end) => {
          release = end;
          ready();
        });
      });
      finished.catch(failed);
    }),
);
after(async () => {
  release();
  await finished;
});

/** What lies in a folder: paths with contents, folders and links. */
async function everything(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    const info = await lstat(path);
    if (info.isSymbolicLink()) found.set(name, `link to ${await readlink(path)}`);
    else
      found.set(
        name,
        info.isDirectory()
          ? 'folder'
          : createHash('sha256')
              .update(await readFile(path))
              .digest('hex'),
      );
  }
  return found;
}

/** Runs `body` in a copy of the kit. */
const inKit = (body: (folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    await cp(kit, folder, { recursive: true });
    await body(folder);
  });

const importArgs = ['import', 'features.npy', '--ids', 'ids.json', '-o'];

/** A command that is refused with one line that matches, and changes nothing. */
async function refused(folder: string, args: string[], message: RegExp): Promise<void> {
  const before = await everything(folder);
  const { code, stdout, stderr } = await likenessIn(folder, ...args);
  assert.equal(code, 1, `${args.join(' ')}: ${stdout}`);
  assert.match(stderr, message, args.join(' '));
  assert.match(stderr, /^likeness: [^\n]+\n$/, 'one line');
  assert.deepEqual(await everything(folder), before, args.join(' '));
}

async function works(folder: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await likenessIn(folder, ...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Asserts that all of `before` is there as it was. */
async function keeps(folder: string, before: Map<string, string>): Promise<void> {
  const now = await everything(folder);
  for (const [name, content] of before) assert.equal(now.get(name), content, name);
}

describe('where an index may go', () => {
  test('a file, what is read, what no shell replaced, and what cannot be made is refused; nothing changes', () =>
    inKit(async (folder) => {
      await writeFile(join(folder, 'diary.txt'), 'mine');
      await symlink('diary.txt', join(folder, 'to-file'));
      await symlink('round', join(folder, 'round'));
      const cases: [string, RegExp][] = [
        ['diary.txt', /-o diary\.txt is a file; wanted a folder/],
        ['to-file', /-o to-file is a file/],
        ['diary.txt/index', /diary\.txt.* is a file|a part of that path is a file/],
        ['features.npy', /is a file/],
        ['round', /circle/],
        ['', /-o wants a path; what came is empty/],
        ['~somebody/index', /was not replaced by a home folder/],
        ['~', /was not replaced by a home folder/],
        ['https://example.org/index', /is a URL/],
        ['index', /There is an index in index already/],
        ['/proc/x', /No folder can be made at \/proc\/x/],
        ['/proc/x/y/z', /No folder can be made at \/proc\/x/],
        ['n'.repeat(300), /the name is too long/],
      ];
      for (const [output, message] of cases) {
        await refused(folder, [...importArgs, output], message);
        if (output !== 'index') await refused(folder, ['index', 'pics', '-o', output], message);
      }
      await refused(folder, ['import', 'pics', '-o', 'pics'], /what is read/);
    }));

  test('a slash at the end, the folder itself, the one above, deep, odd and linked ones work; neighbours stay', () =>
    inKit(async (folder) => {
      await mkdir(join(folder, 'other.partial'));
      await writeFile(join(folder, 'other.partial', 'mine.txt'), 'mine');
      await mkdir(join(folder, 'real'));
      await symlink('real', join(folder, 'linked'));
      await symlink('later', join(folder, 'ahead'));
      await mkdir(join(folder, 'here/there'), { recursive: true });
      await mkdir(join(folder, 'with others'));
      for (const name of ['index.json', 'lock.txt', 'features.npy', '.likeness'])
        await writeFile(join(folder, 'with others', name), 'mine');
      const before = await everything(folder);
      for (const output of [
        'other/',
        'other',
        './deep/er/still/',
        'with a space',
        'Übersicht – 絵',
        'linked',
        'ahead',
        'with others',
        'a%20b#c?d',
      ]) {
        if (output === 'other') await rm(join(folder, 'other'), { recursive: true });
        await works(folder, ...importArgs, output);
        const listed = await works(folder, 'export', output, '--ids', '/dev/stdout');
        assert.deepEqual(JSON.parse(listed), ['a.jpg', 'b.jpg', 'c.jpg'], output);
      }
      assert.deepEqual(await readdir(join(folder, 'real')), ['index-1.likeness']);
      assert.deepEqual(await readdir(join(folder, 'later')), ['index-1.likeness']);
      const [features, ids] = ['features.npy', 'ids.json'].map((name) => join(folder, name));
      for (const output of ['.', '..']) {
        const made = await likenessIn(
          join(folder, 'here/there'),
          'import',
          features!,
          '--ids',
          ids!,
          '-o',
          output,
        );
        assert.equal(made.code, 0, made.stderr);
      }
      assert.deepEqual((await readdir(join(folder, 'here'))).sort(), ['index-1.likeness', 'there']);
      assert.deepEqual(await readdir(join(folder, 'here/there')), ['index-1.likeness']);
      await keeps(folder, before);
    }));

  test('a file named lock that is no lock is not taken for one', () =>
    inKit(async (folder) => {
      await mkdir(join(folder, 'x'));
      await writeFile(join(folder, 'x/lock'), 'combination: 1234');
      const { code, stderr } = await likenessIn(folder, ...importArgs, 'x');
      assert.equal(code, 1);
      assert.match(stderr, /lock is no lock of an index, but something else of that name/);
      assert.equal(await readFile(join(folder, 'x/lock'), 'utf8'), 'combination: 1234');
      assert.deepEqual(await readdir(join(folder, 'x')), ['lock']);
    }));

  test('features that are refused leave no folder; in a folder of other files nothing', () =>
    inKit(async (folder) => {
      await saveJson(join(folder, 'two.json'), ['a', 'b']);
      for (const output of ['new', 'deep/new', 'pics'])
        await refused(folder, ['import', 'features.npy', '--ids', 'two.json', '-o', output], /2 ids/);
      await refused(folder, ['import', 'features.npy', '--ids', 'nan.json', '-o', 'new'], /cannot be read/);
    }));
});

describe('likeness index, over an index', () => {
  const index = (folder: string, ...args: string[]): Promise<string> =>
    works(folder, 'index', 'pics', '-o', 'made', ...args);

  test('pictures that can no longer be read do not take an index away, nor its folder', () =>
    inKit(async (folder) => {
      await mkdir(join(folder, 'made'));
      await writeFile(join(folder, 'made/notes.txt'), 'mine');
      await index(folder);
      await works(folder, 'export', 'made', '--npy', 'before.npy');
      for (const name of await readdir(join(folder, 'pics')))
        await writeFile(join(folder, 'pics', name), 'no picture');
      const { code, stderr } = await likenessIn(folder, 'index', 'pics', '-o', 'made');
      assert.equal(code, 1);
      assert.match(stderr, /likeness: /);
      assert.deepEqual((await readdir(join(folder, 'made'))).sort(), ['index-1.likeness', 'notes.txt']);
      await works(folder, 'export', 'made', '--npy', 'after.npy');
      assert.deepEqual(await readFile(join(folder, 'after.npy')), await readFile(join(folder, 'before.npy')));
      // Where there was none, none is left, and a folder that was there stays.
      await mkdir(join(folder, 'empty'));
      assert.equal((await likenessIn(folder, 'index', 'pics', '-o', 'empty')).code, 1);
      assert.equal((await likenessIn(folder, 'index', 'pics', '-o', 'new/er')).code, 1);
      assert.deepEqual(await readdir(join(folder, 'empty')), []);
      assert.ok(!(await readdir(folder)).includes('new'));
    }));

  test('whoever fails to index removes nothing that another process made', () =>
    inKit(async (folder) => {
      const target = join(folder, 'new');
      const begin = async (): ReturnType<typeof prepareTarget> =>
        prepareTarget(join(folder, 'pics'), await placeForFolder(target, { option: '-o' }), {
          model: 'vgg16-compact',
        });
      // The other holds the right to write, and has written nothing yet.
      const first = await begin();
      const other = await IndexStore.open(new FolderStore(target), { idleMs: 60_000 });
      await other.append([{ set: 'x', value: 1 }]);
      await first.undo();
      await other.append([{ id: 'a.jpg', vector: new Float32Array(512).fill(1) }]);
      await other.close();
      assert.match(await works(folder, 'check', 'new'), /: 1 pictures, .* whole/);
      // The other began when both found nothing, and has finished.
      await rm(target, { recursive: true });
      const second = await begin();
      await works(folder, 'index', 'pics', '-o', 'new');
      await second.undo();
      assert.match(await works(folder, 'check', 'new'), /: 2 pictures, .* whole/);
      // Nobody else: nothing is left of it.
      await rm(target, { recursive: true });
      const third = await begin();
      await third.undo();
      await assert.rejects(stat(target));
    }));

  test('several commands at once on one folder: one does it, the index is whole', () =>
    inKit(async (folder) => {
      for (let round = 0; round < 2; round++) {
        const all = await Promise.all(
          [1, 2, 3].map(() => likenessIn(folder, 'index', 'pics', '-o', `at once ${round}`)),
        );
        assert.ok(all.some(({ code }) => code === 0));
        for (const { code, stderr } of all) if (code !== 0) assert.match(stderr, /written|made elsewhere/);
        assert.match(await works(folder, 'check', `at once ${round}`), /: 2 pictures, .* whole/);
      }
    }));

  test('an index is imported from its folder, too; a store’s prefix is no part of a path', () =>
    inKit(async (folder) => {
      await works(folder, 'import', 'index', '-o', 'again');
      const ids = await works(folder, 'export', 'again', '--ids', '/dev/stdout');
      assert.deepEqual(JSON.parse(ids), ['a.jpg', 'b.jpg', 'c.jpg']);
      await refused(folder, ['import', 'features.npy', '--ids', 'ids.json', '-o', 'file:x'], /is a URL/);
    }));

  test('another kind of index takes its place in one step, among the files that lie there', () =>
    inKit(async (folder) => {
      await index(folder);
      await writeFile(join(folder, 'made/features.npy'), 'mine');
      await writeFile(join(folder, 'made/index.json'), '{}');
      await mkdir(join(folder, 'made.partial'));
      await writeFile(join(folder, 'made.partial/index-1.likeness'), 'mine');
      const before = await everything(folder);
      const summary = JSON.parse(await index(folder, '--parity', 'keras', '--json'));
      assert.equal(summary.extracted, 2);
      assert.deepEqual((await readdir(join(folder, 'made'))).sort(), [
        'features.npy',
        'index-2.likeness',
        'index.json',
      ]);
      before.delete('made/index-1.likeness');
      await keeps(folder, before);
    }));

  test('killed at any moment while it is made anew, the old index or the new one answers', () =>
    inKit(async (folder) => {
      for (const file of (await readdir(samples)).slice(0, 12))
        await cp(join(samples, file), join(folder, 'pics', file));
      await index(folder);
      const start = performance.now();
      await index(folder, '--parity', 'keras');
      const took = performance.now() - start;
      for (const share of [0.4, 0.55, 0.7, 0.8, 0.9]) {
        await killedAfter(share * took, folder, ['index', 'pics', '-o', 'made']);
        const ids: string[] = JSON.parse(await works(folder, 'export', 'made', '--ids', '/dev/stdout'));
        assert.ok(ids.length >= 12, `${ids.length} when killed at ${share}`);
      }
      await index(folder);
      assert.equal((await readdir(join(folder, 'made'))).length, 1);
    }));
});

function killedAfter(ms: number, cwd: string, args: string[]): Promise<void> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), ...args], {
      cwd,
      stdio: 'ignore',
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    child.on('exit', () => {
      clearTimeout(timer);
      done();
    });
  });
}

describe('where a file may go', () => {
  const outputs: [string, (path: string) => string[]][] = [
    ['export --npy', (path) => ['export', 'index', '--npy', path]],
    ['export --ids', (path) => ['export', 'index', '--ids', path]],
    ['export --file', (path) => ['export', 'index', '--file', path]],
    ['tensor', (path) => ['tensor', 'pics/A001.jpeg', '-o', path]],
    ['features', (path) => ['features', 'pics/A001.jpeg', '-o', path]],
    ['query --html', (path) => ['query', 'vector.npy', '-i', 'index', '--html', path]],
  ];
  /** They write through the same call as the next ones. */
  const alike = new Set(['export --ids', 'export --file', 'tensor']);
  for (const [what, args] of outputs) {
    (alike.has(what) ? fullTest : test)(
      `${what}: a file is replaced whole, a link is followed, anything else is refused`,
      () =>
        inKit(async (folder) => {
          await saveRows(join(folder, 'vector.npy'), unitVectors(1));
          await mkdir(join(folder, 'tiles')); // `--html` of ids without pictures
          await cp(join(folder, 'pics/A001.jpeg'), join(folder, 'index/a.jpg'));
          for (const id of ['b.jpg', 'c.jpg'])
            await cp(join(folder, 'pics/A001.jpeg'), join(folder, 'index', id));
          // Files of the kind that is replaced: what the command wrote before, and more.
          await works(folder, ...args('there'));
          const old = Buffer.concat([await readFile(join(folder, 'there')), Buffer.from('old')]);
          for (const name of ['there', 'real']) await writeFile(join(folder, name), old);
          await chmod(join(folder, 'there'), 0o640);
          await writeFile(join(folder, 'there.partial'), 'mine');
          await writeFile(join(folder, 'notes.txt'), 'mine');
          await writeFile(join(folder, 'page.html'), '<!doctype html><title>mine</title>');
          await writeFile(join(folder, 'data.json'), '{"mine": 1}');
          await symlink('real', join(folder, 'linked'));
          await symlink('not/yet', join(folder, 'ahead'));
          await mkdir(join(folder, 'folder'));
          const before = await everything(folder);
          const wrong: [string, RegExp][] = [
            ['folder', /is a folder; wanted a file/],
            ['folder/', /names a folder; wanted a file/],
            [
              'notes.txt',
              /notes\.txt is there, and is a file of another kind, which would be lost: only .* is replaced/,
            ],
            ['page.html', /which would be lost/],
            ['data.json', /which would be lost/],
            ['new/', /names a folder; wanted a file/],
            ['.', /is a folder/],
            ['', /wants a path/],
            ['~nobody', /was not replaced by a home folder/],
            ['there/x', /a part of that path is a file/],
            ['/proc/x', /Nothing can be written to \/proc\/x/],
          ];
          // One of them in all ways, the others in some: it is one function.
          const some = what === 'export --ids' ? wrong : wrong.slice(0, 5);
          for (const [output, message] of some) await refused(folder, args(output), message);
          for (const output of ['there', 'linked', 'ahead', 'deep/er/new file – ü'])
            await works(folder, ...args(output));
          const wanted = await readFile(join(folder, 'there'));
          assert.ok(wanted.length > 10);
          for (const path of ['real', 'not/yet', 'deep/er/new file – ü'])
            assert.deepEqual(await readFile(join(folder, path)), wanted, path);
          assert.equal((await stat(join(folder, 'there'))).mode & 0o777, 0o640);
          for (const name of ['there', 'real']) before.delete(name);
          await keeps(folder, before);
          const now = [...(await everything(folder)).keys()].filter((name) => !before.has(name)).sort();
          const made = ['deep', 'deep/er', 'deep/er/new file – ü', 'not', 'not/yet', 'real', 'there'];
          assert.deepEqual(now, made);
        }),
    );
  }

  test('what is read is never written over, under whatever name', () =>
    inKit(async (folder) => {
      await link(join(folder, 'pics/A001.jpeg'), join(folder, 'same.jpeg'));
      await symlink('pics/A001.jpeg', join(folder, 'to.jpeg'));
      for (const output of ['pics/A001.jpeg', './pics/../pics/A001.jpeg', 'same.jpeg', 'to.jpeg']) {
        await refused(folder, ['tensor', 'pics/A001.jpeg', '-o', output], /what is read/);
        await refused(folder, ['features', 'pics/A001.jpeg', '-o', output], /what is read/);
      }
      await saveRows(join(folder, 'v.npy'), unitVectors(1));
      await refused(folder, ['query', 'v.npy', '-i', 'index', '--html', 'v.npy'], /what is read/);
      for (const option of ['--npy', '--ids', '--file']) {
        await refused(folder, ['export', 'index', option, 'index/index-1.likeness'], /what is read/);
        await refused(
          folder,
          ['export', 'index', option, 'index/index-7.likeness'],
          /taken for a part of the index/,
        );
        await refused(folder, ['export', 'index', option, 'index/lock'], /taken for a part of the index/);
      }
      await works(folder, 'export', 'index', '--file', 'copy.likeness');
      await refused(folder, ['export', 'copy.likeness', '--npy', 'copy.likeness'], /what is read/);
      await refused(folder, ['export', 'index', '--npy', 'x', '--ids', './x'], /read, or written, already/);
    }));

  test('a picture or an index is never written over by something else, read here or not', () =>
    inKit(async (folder) => {
      await works(folder, 'export', 'index', '--file', 'copy.likeness');
      await writeFile(
        join(folder, 'phone.heic'),
        Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
      );
      await symlink('pics/A002.jpeg', join(folder, 'to.jpeg'));
      await saveRows(join(folder, 'v.npy'), unitVectors(1));
      const commands: string[][] = [
        ['features', 'pics/A001.jpeg', '-o'],
        ['tensor', 'pics/A001.jpeg', '-o'],
        ['query', 'v.npy', '-i', 'index', '--html'],
        ['export', 'index', '--npy'],
        ['export', 'index', '--ids'],
        ['export', 'index', '--file'],
      ];
      for (const command of commands) {
        for (const there of ['pics/A002.jpeg', 'to.jpeg', 'phone.heic', 'copy.likeness']) {
          if (command.at(-1) === '--file' && there === 'copy.likeness')
            await works(folder, ...command, there);
          else
            await refused(
              folder,
              [...command, there],
              / is (JPEG|HEIC|a Likeness index)[^,]*, which would be lost/,
            );
        }
      }
    }));

  test('a disk that is full is said, and what was there is as it was', () =>
    inKit(async (folder) => {
      await refused(folder, ['export', 'index', '--npy', '/dev/full'], /no room left on the disk/);
    }));

  test('interrupted, a file that is written is gone', () =>
    inKit(async (folder) => {
      // Large enough to be caught in the middle.
      const many = 40_000;
      await saveRows(join(folder, 'features.npy'), unitVectors(many));
      await saveJson(
        join(folder, 'ids.json'),
        Array.from({ length: many }, (_, n) => `${n}.jpg`),
      );
      await works(folder, ...importArgs, 'large');
      const args = [join(root, 'dist/node/cli.js'), 'export', 'large', '--npy', 'out/x.npy'];
      const child = spawn(process.execPath, args, { cwd: folder });
      const seen = new Promise<void>((caught) => {
        const look = setInterval(async () => {
          const names = await readdir(join(folder, 'out')).catch(() => []);
          if (!names.some((name) => name.endsWith('.tmp'))) return;
          clearInterval(look);
          child.kill('SIGTERM');
          caught();
        }, 1);
      });
      const signal = await new Promise((exited) => child.on('exit', (_, by) => exited(by)));
      await seen;
      assert.equal(signal, 'SIGTERM');
      assert.deepEqual(await readdir(join(folder, 'out')), []);
    }));
});

test('a model takes the place of another behind a link, in the folder that one is in, and never of its own source', () =>
  withFolder(async (folder) => {
    const { writeKeras } = await import('../support/weight-files.ts');
    const shape = { widths: [4, 4, 8, 8, 32], inputSize: 32, fc1: 32 };
    await writeKeras(join(folder, 'w.h5'), { shape, seed: 8 });
    await mkdir(join(folder, 'real'));
    await symlink('real', join(folder, 'linked'));
    const build = (cwd: string, output: string): ReturnType<typeof likeness> =>
      likenessIn(
        cwd,
        'model',
        'build',
        'vgg16',
        '--from',
        join(folder, 'w.h5'),
        '--variant',
        'f32',
        '-o',
        output,
      );
    for (const [cwd, output] of [
      [folder, 'linked'],
      [folder, 'linked'],
      [join(folder, 'real'), '.'],
    ] as const) {
      const built = await build(cwd, output);
      assert.equal(built.code, 0, built.stderr);
      assert.equal((await likenessIn(folder, 'model', 'verify', 'real')).code, 0);
      assert.ok((await readdir(join(folder, 'real'))).every((name) => !name.startsWith('.')));
    }
    assert.equal(await readlink(join(folder, 'linked')), 'real');
    await rm(join(folder, 'real'), { recursive: true });
    await mkdir(join(folder, 'real'));
    await cp(join(folder, 'w.h5'), join(folder, 'real/model.onnx'));
    const own = await likenessIn(
      folder,
      'model',
      'build',
      'vgg16',
      '--from',
      'real/model.onnx',
      '-o',
      'real',
    );
    assert.equal(own.code, 1);
    assert.deepEqual(await readdir(join(folder, 'real')), ['model.onnx']);
  }));
