import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredFile } from '../../../page/state/collection-types.ts';
import { compareFolder } from '../../../page/work/collections/compare.ts';
import { partFolders } from '../../../page/work/collections/take-folder.ts';

const file = (size: number, lastModified: number): File =>
  new File([new Uint8Array(size)], 'x', { lastModified });
const known = (...files: [path: string, size: number, modified: number][]): Map<string, StoredFile> =>
  new Map(files.map(([path, size, modified]) => [path, { collection: 'c', path, id: path, size, modified }]));
const paths = (files: readonly { path: string }[]): string[] => files.map(({ path }) => path);

test('a folder is compared with what is known of it: the same, changed, fresh, gone', async () => {
  const files = known(['a/1', 5, 1], ['a/2', 5, 1], ['a/3', 5, 1], ['a/4', 5, 1], ['a/locked/5', 5, 1]);
  const change = await compareFolder(
    { files },
    [
      { path: 'a/1', file: file(5, 1) },
      { path: 'a/2', file: file(6, 1) },
      { path: 'a/3', file: file(5, 2) },
      { path: 'a/new', file: file(5, 1) },
    ],
    [{ path: 'a/locked', why: 'it cannot be opened', isFolder: true }],
  );
  assert.deepEqual(paths(change.unchanged), ['a/1']);
  // Another date, and a content that nothing is known of.
  assert.deepEqual(paths(change.changed), ['a/2', 'a/3']);
  assert.deepEqual(change.changed[0]!.size, 6);
  assert.deepEqual(paths(change.fresh), ['a/new']);
  // What is in a folder that cannot be opened is not gone.
  assert.deepEqual(paths(change.gone), ['a/4']);
});

test('a folder’s name alone does not hide its neighbour', async () => {
  const unlisted = [{ path: 'a/lock', why: 'it cannot be opened', isFolder: true }];
  const { gone } = await compareFolder({ files: known(['a/locked/5', 5, 1]) }, [], unlisted);
  assert.deepEqual(paths(gone), ['a/locked/5']);
});

test('what is given is parted into folders and single files', () => {
  const one = (path: string) => ({ path, file: file(1, 1) });
  const handle = { name: 'empty' } as FileSystemDirectoryHandle;
  const { folders, single } = partFolders(
    [one('a/1'), one('x.jpg'), one('b/c/2'), one('a/d/3')],
    new Map([['empty', handle]]),
  );
  assert.deepEqual(paths(single), ['x.jpg']);
  assert.deepEqual(
    folders.map(({ name, files }) => [name, paths(files)]),
    [
      ['empty', []],
      ['a', ['a/1', 'a/d/3']],
      ['b', ['b/c/2']],
    ],
  );
  assert.equal(folders[0]!.handle, handle);
});
