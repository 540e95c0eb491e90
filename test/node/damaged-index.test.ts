import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openIndexOf, openToChange } from '../../src/cli/open-index.ts';
import { encodeNpy, parseNpy } from '../../src/python/npy.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { lockFolder } from '../../src/store/media/lock.node.ts';
import { FolderStore } from '../../src/store/media/store.node.ts';
import { blobStore } from '../../src/store/media/store.single.ts';
import { likeness, root, samples, withFolder } from '../support/cli.ts';
import { fullTest } from '../support/full.ts';
import { damage, dimension, makeIndex, rowsOf, unitVector } from '../support/index-folder.ts';

/** An index of three commits: a, b; c; d, e. */
async function three(place: string): Promise<{ folder: string; vector: string }> {
  const folder = join(place, 'index');
  await makeIndex(folder, ['a', 'b'], ['c'], ['d', 'e']);
  const vector = join(place, 'query.npy');
  await writeFile(vector, encodeNpy(unitVector(2), [512])); // that of c
  return { folder, vector };
}

const flip = (commit: number, offset: number) => (bytes: Buffer) => {
  bytes[rowsOf(bytes, commit) + offset]! ^= 0x20;
  return undefined;
};

/** What `query`, and `export`, make of it. */
async function ids(folder: string, vector: string): Promise<{ found: string[]; stderr: string }> {
  const hits = await likeness('query', vector, '-i', folder, '--json');
  assert.equal(hits.code, 0, hits.stderr);
  const found: string[] = JSON.parse(hits.stdout).map(({ id }: { id: string }) => id);
  const list = `${vector}.json`;
  const npy = `${vector}.all.npy`;
  const exported = await likeness('export', folder, '--ids', list, '--npy', npy);
  assert.equal(exported.code, 0, exported.stderr);
  assert.deepEqual(JSON.parse(await readFile(list, 'utf8')).sort(), [...found].sort());
  assert.match(exported.stdout, new RegExp(`float32 ${found.length} × 512`));
  assert.match(exported.stderr, /damaged|cannot be read|not finished|cut short/);
  return { found: found.sort(), stderr: hits.stderr };
}

/** `likeness serve`, once it listens. */
async function served(folder: string): Promise<{ child: ChildProcess; url: string; stderr(): string }> {
  const child = spawn(process.execPath, [
    join(root, 'dist/node/cli.js'),
    'serve',
    '-i',
    folder,
    '--port',
    '0',
  ]);
  let said = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  const url = await new Promise<string>((found, failed) => {
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
      const [, address] = /Serving on (\S+)/.exec(text) ?? [];
      if (address) found(address);
    });
    child.on('exit', () => failed(new Error(said)));
  });
  return { child, url, stderr: () => said };
}

describe('a damaged index', () => {
  const cases: [what: string, change: (bytes: Buffer) => Buffer | undefined, left: string[], told: RegExp][] =
    [
      ['a row', flip(0, 2048 + 3), ['a', 'c', 'd', 'e'], /1 of 5 pictures are damaged and left out: "b"/],
      ['a row of the last commit', flip(2, 5), ['a', 'b', 'c', 'e'], /left out: "d"/],
      [
        'the head of a commit in the middle',
        flip(1, -60),
        ['a', 'b', 'c', 'd', 'e'],
        /Commit 2 .* its head is damaged/,
      ],
      [
        'the header',
        (bytes) => bytes.fill('?', 70, 71),
        ['a', 'b', 'c', 'd', 'e'],
        /header is damaged in one byte/,
      ],
      [
        'the version',
        (bytes) => bytes.fill(9, 8, 9),
        ['a', 'b', 'c', 'd', 'e'],
        /header is damaged in one byte/,
      ],
      [
        'a commit in the middle',
        (bytes) => bytes.fill(1, rowsOf(bytes, 1) - 64, rowsOf(bytes, 1)),
        ['a', 'b', 'd', 'e'],
        /Commit 2 at byte \d+ cannot be read/,
      ],
      [
        'the last commit',
        (bytes) => bytes.fill(1, rowsOf(bytes, 2) - 64, rowsOf(bytes, 2)),
        ['a', 'b', 'c'],
        /Commit 3 at byte \d+ cannot be read/,
      ],
      [
        'the end',
        (bytes) => bytes.subarray(0, rowsOf(bytes, 2) + 100),
        ['a', 'b', 'c'],
        /Commit 3 at byte \d+ cannot be read/,
      ],
    ];
  const alike = new Set(['a row of the last commit', 'the version', 'a commit in the middle', 'the end']);
  for (const [what, change, left, told] of cases) {
    (alike.has(what) ? fullTest : test)(
      `${what}: query and export go on and say so, check finds it, --repair keeps the rest`,
      () =>
        withFolder(async (place) => {
          const { folder, vector } = await three(place);
          await damage(folder, change);
          const before = await readFile(join(folder, 'index-1.likeness'));
          const { found, stderr } = await ids(folder, vector);
          assert.deepEqual(found, left);
          assert.match(stderr, told);
          assert.match(stderr, /likeness check .* --repair/);
          const checked = await likeness('check', folder, '--json');
          assert.equal(checked.code, 1);
          const report = JSON.parse(checked.stdout);
          assert.deepEqual([report.whole, report.repaired, report.count], [false, false, left.length]);
          assert.ok(report.problems.length > 0);
          if (what !== 'a row') {
            // Opening it to write would cut off what may be repaired.
            const refused = await likeness('remove', folder, 'a');
            assert.equal(refused.code, 1);
            assert.match(refused.stderr, /--repair/);
          }
          assert.deepEqual(await readFile(join(folder, 'index-1.likeness')), before, 'nothing was changed');

          const repaired = await likeness('check', folder, '--repair');
          assert.equal(repaired.code, 1);
          assert.match(repaired.stdout, /Repaired: .*index-1\.likeness\.damaged/);
          assert.deepEqual(await readFile(join(folder, 'index-1.likeness.damaged')), before);
          assert.deepEqual((await readdir(folder)).sort(), ['index-1.likeness.damaged', 'index-2.likeness']);
          const whole = await likeness('check', folder);
          assert.equal(whole.code, 0, whole.stdout);
          assert.match(whole.stdout, new RegExp(`: ${left.length} pictures, 512 values each, .*: whole\\.`));
          const hits = await likeness('query', vector, '-i', folder, '--json');
          assert.equal(hits.stderr, '');
          const after = JSON.parse(hits.stdout).map(({ id }: { id: string }) => id);
          assert.deepEqual(after.sort(), left);
        }),
    );
  }

  test('a row with NaN is left out of answers and found by check', () =>
    withFolder(async (place) => {
      const { folder, vector } = await three(place);
      const index = await IndexStore.open(new FolderStore(folder));
      await index.append([{ id: 'c', vector: unitVector(2).fill(Number.NaN, 100, 101) }]);
      await index.close();
      assert.deepEqual((await ids(folder, vector)).found, ['a', 'b', 'd', 'e']);
    }));

  test('serve goes on with what is whole: its list, its features and its file agree', () =>
    withFolder(async (place) => {
      const { folder } = await three(place);
      await damage(folder, flip(0, 9));
      const { child, url, stderr } = await served(folder);
      try {
        const list = (await (await fetch(`${url}index/index.json`)).json()) as { ids: string[] };
        assert.deepEqual(list.ids, ['b', 'c', 'd', 'e']);
        const features = parseNpy(
          new Uint8Array(await (await fetch(`${url}index/features.npy`)).arrayBuffer()),
        );
        assert.deepEqual([...features.shape], [4, 512]);
        assert.deepEqual(Float32Array.from(features.data.subarray(0, 512)), unitVector(1));
        const file = await IndexStore.open(
          blobStore(await (await fetch(`${url}index/index.likeness`)).blob()),
        );
        assert.deepEqual(
          file.entries.map(({ id }) => id),
          list.ids,
        );
        assert.equal(file.dropped, undefined);
        assert.match(stderr(), /1 of 5 pictures are damaged and left out: "a"/);
      } finally {
        child.kill();
      }
    }));

  test('an exported file: check --repair puts a whole one in its place and keeps the damaged one', () =>
    withFolder(async (place) => {
      const { folder } = await three(place);
      const file = join(place, 'all.likeness');
      assert.equal((await likeness('export', folder, '--file', file)).code, 0);
      assert.equal((await likeness('check', file)).code, 0);
      const bytes = await readFile(file);
      bytes[rowsOf(bytes, 0) + 7]! ^= 1;
      await writeFile(file, bytes);
      const { code, stdout } = await likeness('check', file, '--repair', '--json');
      assert.equal(code, 1);
      assert.deepEqual(JSON.parse(stdout).lost, ['a']);
      assert.deepEqual(await readFile(`${file}.damaged`), bytes);
      const whole = await likeness('check', file, '--json');
      assert.deepEqual([whole.code, JSON.parse(whole.stdout).count], [0, 4]);
      const readOnly = await likeness('remove', file, 'b');
      assert.equal(readOnly.code, 1);
      assert.match(readOnly.stderr, /can only be read/);
    }));

  test('a lost header: the model has to be named, then all is kept', () =>
    withFolder(async (place) => {
      const { folder } = await three(place);
      await damage(folder, (bytes) => bytes.fill(0x55, 0, 512));
      const { code, stdout } = await likeness('check', folder, '--repair');
      assert.equal(code, 1);
      assert.match(stdout, /--repair --model <name\|dir>/);
      const named = await likeness('check', folder, '--repair', '--model', 'vgg16-compact', '--json');
      assert.deepEqual([JSON.parse(named.stdout).count, JSON.parse(named.stdout).repaired], [5, true]);
      assert.equal((await likeness('check', folder)).code, 0);
    }));

  test('an index without pictures answers nothing, and says that it holds none', () =>
    withFolder(async (place) => {
      const folder = join(place, 'index');
      await makeIndex(folder, ['a']);
      assert.equal((await likeness('remove', folder, 'a')).code, 0);
      const vector = join(place, 'v.npy');
      await writeFile(vector, encodeNpy(unitVector(0), [dimension], 'f4'));
      for (const args of [
        ['query', vector, '-i', folder, '--json'],
        ['query', vector, '-i', folder],
        ['export', folder, '--ids', join(place, 'ids.json')],
      ]) {
        const { code, stderr } = await likeness(...args);
        assert.equal(code, 0);
        assert.match(stderr, /index holds no pictures: .*likeness index/, args[0]);
      }
      assert.match((await likeness('check', folder)).stdout, /holds no pictures/);
    }));

  test('a damaged index leaves no file open, and a message names the file that was named', () =>
    withFolder(async (place) => {
      const { folder } = await three(place);
      await damage(folder, (bytes) => {
        bytes[30]! ^= 1; // the header
        return bytes;
      });
      const openFiles = async (): Promise<string[]> => {
        const links = (await readdir('/proc/self/fd')).map((fd) =>
          readlink(`/proc/self/fd/${fd}`).catch(() => ''),
        );
        return (await Promise.all(links)).filter((link) => link.startsWith(folder));
      };
      const { index } = await openIndexOf(folder);
      assert.equal((await openFiles()).length, 1);
      await index.close();
      assert.deepEqual(await openFiles(), [], 'to read');
      await assert.rejects(openToChange(folder), /is damaged/);
      assert.deepEqual(await openFiles(), [], 'to change');
      const picture = join(samples, 'A001.jpeg');
      for (const args of [
        ['check', picture],
        ['export', picture, '--ids', join(place, 'x')],
      ]) {
        const { stdout, stderr } = await likeness(...args);
        assert.ok(!/index-1/.test(stdout + stderr), stdout + stderr);
        assert.match(stdout + stderr, /A001\.jpeg is not an index/);
      }
    }));

  test('what is no index, an empty folder, and an index that is being written', () =>
    withFolder(async (place) => {
      const { folder } = await three(place);
      const other = join(place, 'other');
      await mkdir(other);
      for (const missing of [
        join(place, 'missing'),
        join(place, 'x'.repeat(300)),
        join(other, '..', 'missing', 'y'),
      ]) {
        const { code, stderr } = await likeness('check', missing, '--repair');
        assert.equal(code, 1);
        assert.match(stderr, /^likeness: (There is no index in |\S+: the name is too long\.$)/m);
      }
      await assert.rejects(readdir(join(place, 'missing')), 'no folder is made for a lock');
      const none = await likeness('check', other);
      assert.equal(none.code, 1);
      assert.match(none.stderr, /^likeness: There is no index in /);
      assert.deepEqual(await readdir(other), []);
      await writeFile(join(other, 'index-1.likeness'), 'GIF89a, and more of it');
      const gif = await likeness('check', other, '--repair', '--json');
      assert.equal(gif.code, 1);
      assert.match(JSON.parse(gif.stdout).problems[0].message, /is not an index/);
      assert.deepEqual(await readdir(other), ['index-1.likeness']);
      const lock = await lockFolder(folder);
      const locked = await likeness('check', folder);
      assert.equal(locked.code, 1);
      assert.match(locked.stderr, /being written by another tab or process/);
      await lock!.release();
      assert.equal((await likeness('check', folder)).code, 0);
    }));
});

describe('likeness remove', () => {
  test('takes ids from the command line, a list and the standard input; names those that are not there', () =>
    withFolder(async (place) => {
      const { folder } = await three(place);
      const one = await likeness('remove', folder, 'a');
      assert.deepEqual([one.code, one.stdout], [0, `${folder}: 4 pictures (1 removed)\n`]);
      const two = await likeness('remove', folder, 'nope\x1b[2J', 'b', 'a', '--json');
      assert.equal(two.code, 1);
      assert.deepEqual(JSON.parse(two.stdout), {
        index: folder,
        removed: ['b'],
        unknown: ['nope\x1b[2J', 'a'],
        count: 3,
      });
      assert.match(two.stderr, /no picture "nope\\u001b\[2J" in/);
      const list = join(place, 'list.json');
      await writeFile(list, '\ufeff["c", "c"]');
      assert.equal((await likeness('remove', folder, '--from', list)).code, 0);
      const child = spawn(process.execPath, [
        join(root, 'dist/node/cli.js'),
        'remove',
        folder,
        '--from',
        '-',
      ]);
      child.stdin.end('d\r\ne\n');
      assert.equal(await new Promise((done) => child.on('close', done)), 0);
      assert.match((await likeness('check', folder)).stdout, /: 0 pictures, /);
      const nothing = await likeness('remove', folder);
      assert.equal(nothing.code, 1);
      assert.match(nothing.stderr, /Nothing to remove/);
    }));

  test('a last commit that was not finished is told of, and cut off', () =>
    withFolder(async (place) => {
      const { folder } = await three(place);
      // The mark of before the last commit: as a kill leaves it.
      await cp(folder, join(place, 'copy'), { recursive: true });
      await damage(folder, (bytes) => {
        bytes.fill(0, 3584, 3584 + 24);
        return bytes.subarray(0, bytes.length - 64);
      });
      const checked = await likeness('check', folder, '--json');
      assert.deepEqual(
        JSON.parse(checked.stdout).problems.map(({ kind }: { kind: string }) => kind),
        ['tail'],
      );
      const { code, stderr } = await likeness('remove', folder, 'a');
      assert.equal(code, 0, stderr);
      assert.match(stderr, /not finished/);
      assert.equal((await likeness('check', folder)).code, 0);
    }));
});
