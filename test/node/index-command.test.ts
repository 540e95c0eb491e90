import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { departures } from '../../src/cli/departures.ts';
import { findPictures } from '../../src/cli/find-pictures.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { FolderStore } from '../../src/store/media/store.node.ts';
import { likeness, samples, withFolder } from '../support/cli.ts';
import { damage, rowsOf } from '../support/index-folder.ts';

const names = ['A001', 'A002', 'B001', 'C001', 'D001', 'E001'];

/** Puts samples `0.jpg`, `1.jpg` … into a folder. */
async function fill(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [n, name] of names.slice(0, count).entries()) {
    await cp(join(samples, `${name}.jpeg`), join(folder, `${n}.jpg`));
  }
}

interface Summary {
  count: number;
  extracted: number;
  reused: number;
  failed: { id: string }[];
  passedOver: { path: string; message: string }[];
  removed: { id: string; message: string }[];
  missing: { id: string }[];
  problems: { kind: string; id?: string }[];
}

async function index(
  folder: string,
  target: string,
  ...more: string[]
): Promise<{ code: number; stderr: string; summary: Summary }> {
  const { code, stdout, stderr } = await likeness('index', folder, '-o', target, '--json', ...more);
  assert.match(stdout, /^\{.*\}\n$/, stderr);
  return { code, stderr, summary: JSON.parse(stdout) };
}

async function idsOf(target: string): Promise<string[]> {
  const stored = await IndexStore.open(new FolderStore(target));
  await stored.close();
  assert.equal(stored.dropped, undefined);
  return stored.entries.map(({ id }) => id).sort();
}

/** A folder with one of each kind of entry that is no readable picture. */
async function awkward(folder: string): Promise<{ close(): void }> {
  await fill(folder, 2);
  await fill(join(folder, 'sub'), 1);
  await fill(join(folder, '.hidden'), 1);
  await fill(join(folder, '..', 'elsewhere'), 1);
  await cp(join(folder, '0.jpg'), join(folder, '._0.jpg'));
  await symlink('nowhere.jpg', join(folder, 'dangling.jpg'));
  await symlink('circle.jpg', join(folder, 'circle.jpg'));
  await symlink('.', join(folder, 'itself'));
  await symlink('..', join(folder, 'up'));
  await symlink('sub', join(folder, 'twice'));
  await symlink('../elsewhere', join(folder, 'album'));
  await symlink('../elsewhere/0.jpg', join(folder, 'link.jpg'));
  await mkdir(join(folder, 'folder.jpg'));
  await writeFile(join(folder, 'photo.heic'), 'x');
  await writeFile(join(folder, 'notes.txt'), 'x');
  await writeFile(join(folder, 'huge.png'), '');
  await truncate(join(folder, 'huge.png'), 3 * 2 ** 30);
  execFileSync('mkfifo', [join(folder, 'pipe.jpg')]);
  const strange = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe9), Buffer.from('.jpg')]);
  await writeFile(strange, 'x');
  const server = createServer().listen(join(folder, 'socket.png'));
  await new Promise((listening) => server.once('listening', listening));
  return server;
}

const passedOver = [
  'caf\\xe9.jpg',
  'circle.jpg',
  'dangling.jpg',
  'huge.png',
  'itself',
  'photo.heic',
  'pipe.jpg',
  'socket.png',
  'twice',
  'up',
];

describe('findPictures', () => {
  test('names everything that is no readable file; follows links, those to folders once', () =>
    withFolder(async (place) => {
      const folder = join(place, 'pictures');
      const server = await awkward(folder);
      const found = await findPictures(folder);
      assert.deepEqual(
        found.pictures.map(({ id }) => id),
        ['0.jpg', '1.jpg', 'album/0.jpg', 'link.jpg', 'sub/0.jpg'],
      );
      assert.deepEqual(found.passedOver.map(({ path }) => path).sort(), passedOver);
      // The same through a link to the folder: what holds it is then not the link's own parent.
      await mkdir(join(place, 'links'));
      await symlink(folder, join(place, 'links/pictures'));
      const { pictures, ...rest } = await findPictures(join(place, 'links/pictures'));
      assert.deepEqual([pictures, rest.passedOver], [found.pictures, found.passedOver]);
      server.close();
    }));

  test('the folder where the index goes is left out; the folder itself is not', () =>
    withFolder(async (folder) => {
      await fill(folder, 1);
      await fill(join(folder, 'index'), 1);
      const idsWithout = async (path: string): Promise<string[]> =>
        (await findPictures(folder, [path])).pictures.map(({ id }) => id);
      assert.deepEqual(await idsWithout(join(folder, 'index')), ['0.jpg']);
      assert.deepEqual(await idsWithout(folder), ['0.jpg', 'index/0.jpg']);
      assert.deepEqual(await idsWithout(join(folder, 'missing')), ['0.jpg', 'index/0.jpg']);
    }));

  test('a folder without permission is named; what the index has of it may still be there', () =>
    withFolder(async (folder) => {
      await fill(folder, 1);
      await fill(join(folder, 'closed/below'), 1);
      await chmod(folder, 0o755);
      await chmod(join(folder, 'closed'), 0);
      const isRoot = process.geteuid?.() === 0;
      if (isRoot) process.seteuid?.(65534); // root may read everything
      try {
        const found = await findPictures(folder);
        assert.deepEqual(
          found.pictures.map(({ id }) => id),
          ['0.jpg'],
        );
        assert.deepEqual(found.passedOver, [
          { path: 'closed', message: 'a folder that cannot be read (EACCES)' },
        ]);
        assert.deepEqual(['closed/below/0.jpg', 'closed', 'closed2/0.jpg', '1.jpg'].map(found.mayBeThere), [
          true,
          true,
          false,
          false,
        ]);
        await assert.rejects(findPictures(join(folder, 'closed')), {
          code: 'not-found',
          message: /closed cannot be read \(EACCES\)/,
        });
      } finally {
        if (isRoot) process.seteuid?.(0);
        await chmod(join(folder, 'closed'), 0o755);
      }
    }));
});

test('departures: what was renamed is not lost, what cannot be looked at stays, a third may go', () => {
  const before = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ id, hash: `hash of ${id}` }));
  const none = new Map<string, string>();
  const of = (after: string[], renamed: Record<string, string> = {}, stays: string[] = []) => {
    const there = after.map((id) => ({ id, hash: `hash of ${renamed[id] ?? id}` }));
    const { gone, tooMany } = departures(before, there, none, (id) => stays.includes(id));
    return { gone: gone.map(({ id }) => id).join(''), tooMany };
  };
  assert.deepEqual(of(['a', 'b', 'c', 'd', 'e', 'f']), { gone: '', tooMany: false });
  assert.deepEqual(of(['a', 'b', 'c', 'd']), { gone: 'ef', tooMany: false });
  assert.deepEqual(of(['a', 'b', 'c']), { gone: 'def', tooMany: true });
  assert.deepEqual(of([]), { gone: 'abcdef', tooMany: true });
  assert.deepEqual(of(['a', 'b', 'c'], {}, ['d', 'e']), { gone: 'f', tooMany: false });
  assert.deepEqual(of(['A', 'B', 'C', 'D'], { A: 'a', B: 'b', C: 'c', D: 'd' }), {
    gone: 'abcdef',
    tooMany: false,
  });
});

describe('likeness index', () => {
  test('indexes the good pictures among everything else, names the others, in the index’s own parent too', () =>
    withFolder(async (place) => {
      const folder = join(place, 'pictures');
      const server = await awkward(folder);
      await writeFile(join(folder, 'evil\x1b]0;x\x07\n\u202egpj.jpg'), 'no picture');
      const target = join(folder, 'index');
      const { code, stderr, summary } = await index(folder, target);
      server.close();
      assert.equal(code, 0, stderr);
      assert.equal(summary.count, 5);
      assert.deepEqual(summary.passedOver.map(({ path }) => path).sort(), passedOver);
      for (const name of passedOver) assert.ok(stderr.includes(`passed over ${name}: `), stderr);
      assert.match(stderr, /^skipped evil\\x1b\]0;x\\x07\\n\\u202egpj\.jpg: not a picture/m);
      assert.ok(![...stderr].some((character) => /[\p{Cc}\u202e]/u.test(character) && character !== '\n'));
      assert.deepEqual(await idsOf(target), ['0.jpg', '1.jpg', 'album/0.jpg', 'link.jpg', 'sub/0.jpg']);
      const again = await index(folder, target);
      assert.deepEqual([again.summary.extracted, again.summary.reused], [0, 5], again.stderr);
    }));

  test('what is gone is named; more than a third of the index goes only with --prune', () =>
    withFolder(async (place) => {
      const folder = join(place, 'pictures');
      const target = join(place, 'index');
      await fill(folder, 6);
      await index(folder, target);
      await rm(join(folder, '0.jpg'));
      const one = await index(folder, target);
      assert.equal(one.code, 0);
      assert.deepEqual(one.summary.removed, [{ id: '0.jpg', message: 'it is no longer in the folder' }]);
      assert.match(one.stderr, /^removed 0\.jpg: it is no longer in the folder$/m);

      // The rest of the work is done.
      await rm(join(folder, '1.jpg'));
      await rm(join(folder, '2.jpg'));
      await cp(join(samples, 'F001.jpeg'), join(folder, 'new.jpg'));
      const two = await index(folder, target);
      assert.equal(two.code, 1);
      assert.deepEqual(two.summary.removed, []);
      assert.deepEqual(
        two.summary.missing.map(({ id }) => id),
        ['1.jpg', '2.jpg'],
      );
      assert.deepEqual([two.summary.extracted, two.summary.count], [1, 6]);
      assert.match(two.stderr, /^missing 1\.jpg: .*\nmissing 2\.jpg: /m);
      assert.match(two.stderr, /^likeness: 2 of the 5 pictures .* nothing was removed.*--prune\.$/m);
      assert.equal((await idsOf(target)).length, 6);

      const pruned = await index(folder, target, '--prune');
      assert.equal(pruned.code, 0);
      assert.deepEqual(
        pruned.summary.removed.map(({ id }) => id),
        ['1.jpg', '2.jpg'],
      );
      assert.deepEqual(await idsOf(target), ['3.jpg', '4.jpg', '5.jpg', 'new.jpg']);
    }));

  test('an empty folder, a missing one and one of other pictures take nothing from the index', () =>
    withFolder(async (place) => {
      const folder = join(place, 'pictures');
      const target = join(place, 'index');
      await fill(folder, 2);
      await index(folder, target);
      await rename(folder, join(place, 'aside'));
      assert.equal((await likeness('index', folder, '-o', target)).code, 1);
      await mkdir(folder);
      const empty = await index(folder, target);
      assert.equal(empty.code, 1);
      assert.match(empty.stderr, /--prune/);
      const other = join(place, 'other');
      await mkdir(other);
      await cp(join(samples, 'G001.jpeg'), join(other, 'g.jpg'));
      const replaced = await index(other, target);
      assert.equal(replaced.code, 1, replaced.stderr);
      assert.match(replaced.stderr, /made anew: it is of .*pictures\.$[\s\S]*--prune/m);
      assert.deepEqual(await idsOf(target), ['0.jpg', '1.jpg']);
      const meant = await index(other, target, '--prune');
      assert.deepEqual([meant.code, meant.summary.extracted, meant.summary.count], [0, 0, 1], meant.stderr);
      assert.deepEqual(await idsOf(target), ['g.jpg']);
      const pruned = await index(folder, join(place, 'none'), '--prune').catch((error) => error);
      assert.ok(pruned instanceof Error, 'an empty folder makes no index');
      assert.deepEqual((await readdir(place)).sort(), ['aside', 'index', 'other', 'pictures']);
    }));

  test('renamed pictures are not lost, and not extracted again', () =>
    withFolder(async (place) => {
      const target = join(place, 'index');
      await fill(join(place, 'pictures/2023'), 3);
      await index(join(place, 'pictures'), target);
      await rename(join(place, 'pictures/2023'), join(place, 'pictures/summer'));
      const { code, summary, stderr } = await index(join(place, 'pictures'), target);
      assert.deepEqual([code, summary.extracted, summary.reused], [0, 0, 3], stderr);
      assert.match(stderr, /^removed 2023\/0\.jpg: it is "summer\/0\.jpg" now$/m);
      assert.deepEqual(await idsOf(target), ['summer/0.jpg', 'summer/1.jpg', 'summer/2.jpg']);
    }));

  test('a picture that is none any more leaves the index, unless it is most of it', () =>
    withFolder(async (place) => {
      const folder = join(place, 'pictures');
      const target = join(place, 'index');
      await fill(folder, 1);
      await index(folder, target);
      await writeFile(join(folder, '0.jpg'), '');
      const { code, stderr } = await index(folder, target);
      assert.equal(code, 1);
      assert.match(stderr, /missing 0\.jpg: not a picture: it is empty/);
      assert.deepEqual(await idsOf(target), ['0.jpg']);
    }));

  test('damaged features are taken again from the picture; the damaged file is kept', () =>
    withFolder(async (place) => {
      const folder = join(place, 'pictures');
      const target = join(place, 'index');
      await fill(folder, 3);
      await index(folder, target);
      await damage(target, (bytes) => {
        bytes[rowsOf(bytes, 1) + 2048 + 9]! ^= 0x10;
        return undefined;
      });
      const { code, summary, stderr } = await index(folder, target);
      assert.equal(code, 0, stderr);
      assert.deepEqual([summary.extracted, summary.reused, summary.count], [1, 2, 3]);
      assert.deepEqual(
        summary.problems.map(({ id }) => id),
        ['1.jpg'],
      );
      assert.deepEqual((await readdir(target)).sort(), ['index-1.likeness.damaged', 'index-2.likeness']);
      assert.equal((await likeness('check', target)).code, 0);
      const hits = await likeness('query', join(folder, '1.jpg'), '-i', target, '--json');
      assert.equal(JSON.parse(hits.stdout)[0].id, '1.jpg');
      assert.ok(JSON.parse(hits.stdout)[0].distance < 1e-3);
    }));
});
