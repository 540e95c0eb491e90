import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareNames, filtered, foldersOf } from '../../../page/state/filter.ts';
import type { Picture } from '../../../page/state/pictures.ts';

const picture = (id: string, modified?: number): Picture => ({
  id,
  url: '',
  thumbnail: '',
  indexed: true,
  ...(modified === undefined ? {} : { modified }),
});
const ids = (pictures: readonly Picture[]): string[] => pictures.map(({ id }) => id);

test('folders come before those in them, with the pictures of all of them counted', () => {
  const all = [
    'b/2.jpg',
    'a b/1.jpg',
    'a/c/1.jpg',
    'a/1.jpg',
    'a/c/2.jpg',
    'a/d/e/1.jpg',
    'top.jpg',
    '/x.jpg',
  ];
  assert.deepEqual(foldersOf(all.map((id) => ({ id }))), [
    { path: 'a', count: 4, depth: 0 },
    { path: 'a/c', count: 2, depth: 1 },
    { path: 'a/d', count: 1, depth: 1 },
    { path: 'a/d/e', count: 1, depth: 2 },
    { path: 'a b', count: 1, depth: 0 },
    { path: 'b', count: 1, depth: 0 },
  ]);
  assert.deepEqual(foldersOf([]), []);
  const numbered = foldersOf(['day 10/1', 'day 2/1', 'day 1/1'].map((id) => ({ id })));
  assert.deepEqual(
    numbered.map(({ path }) => path),
    ['day 1', 'day 2', 'day 10'],
  );
});

test('a folder is a whole name, and all that lies below it', () => {
  const all = ['a/1.jpg', 'ab/1.jpg', 'a/b/1.jpg', 'a', 'x/a/1.jpg'].map((id) => picture(id));
  assert.deepEqual(ids(filtered(all, { folder: 'a' })), ['a/1.jpg', 'a/b/1.jpg']);
  assert.deepEqual(ids(filtered(all, { folder: 'a/' })), ['a/1.jpg', 'a/b/1.jpg']);
  assert.deepEqual(ids(filtered(all, { folder: 'b' })), []);
  assert.deepEqual(ids(filtered(all, { folder: '' })), ids(all));
});

test('a name is found by its words, in either case, however its accents are stored', () => {
  const all = [
    'Holiday/Cafe\u0301 1.jpg',
    'Holiday/BEACH.jpg',
    'work/caf\u00e9 plan.png',
    '100%_[a].jpg',
  ].map((id) => picture(id));
  assert.deepEqual(ids(filtered(all, { name: 'caf\u00e9' })), [all[0]!.id, all[2]!.id]);
  assert.deepEqual(ids(filtered(all, { name: ' JPG  holiday ' })), [all[0]!.id, all[1]!.id]);
  assert.deepEqual(ids(filtered(all, { name: '%_[' })), [all[3]!.id]);
  assert.deepEqual(ids(filtered(all, { name: '   ' })), ids(all));
  assert.deepEqual(ids(filtered(all, { name: 'beach', folder: 'work' })), []);
});

test('names are in natural order, equal ones in the order of adding, sorted again or not', () => {
  const all = ['b/10.jpg', 'z/2.jpg', 'a/10.jpg', 'a/1.jpg'].map((id) => picture(id));
  const sorted = ['a/1.jpg', 'z/2.jpg', 'b/10.jpg', 'a/10.jpg'];
  assert.deepEqual(ids(filtered(all, { sort: 'name' })), sorted);
  assert.deepEqual(ids(filtered(all, { sort: 'name' })), sorted);
  const more = [picture('q/10.jpg'), ...all, picture('q/1 b.jpg')];
  assert.deepEqual(ids(filtered(more, { sort: 'name' })), [
    'q/1 b.jpg',
    'a/1.jpg',
    'z/2.jpg',
    'q/10.jpg',
    'b/10.jpg',
    'a/10.jpg',
  ]);
  assert.deepEqual(ids(filtered(all, { sort: 'name' })), sorted);
  assert.deepEqual(ids(all), ['b/10.jpg', 'z/2.jpg', 'a/10.jpg', 'a/1.jpg']);
  assert.ok(compareNames('2', '10') < 0);
});

test('dates: the newest first, those without one at the end', () => {
  const all = [
    picture('none 1'),
    picture('old', 5),
    picture('new', 9),
    picture('none 2'),
    picture('zero', 0),
  ];
  assert.deepEqual(ids(filtered(all, { sort: 'date' })), ['new', 'old', 'zero', 'none 1', 'none 2']);
  assert.deepEqual(ids(filtered(all, {})), ids(all));
});
