import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exactCopies } from '../../../page/state/copies.ts';
import type { Picture } from '../../../page/state/pictures.ts';

const picture = (id: string, hash?: string): [string, Picture] => [
  id,
  { id, url: '', thumbnail: '', indexed: true, ...(hash === undefined ? {} : { hash }) },
];
const known = new Map([
  picture('a', 'aaaaaaaaaaaaaaaa00'),
  picture('copy of a', 'aaaaaaaaaaaaaaaa00'),
  picture('b', 'bbbbbbbbbbbbbbbb00'),
  picture('no hash'),
]);
const hits = [
  { id: 'copy of a', distance: 0 },
  { id: 'no hash', distance: 1e-9 },
  { id: 'b', distance: 0.0004 },
];
const ids = (query: Parameters<typeof exactCopies>[0], of = hits) =>
  exactCopies(query, of, known).map(({ id }) => id);

test('copies are hits of the same content, and at no distance from one picture', () => {
  assert.deepEqual(ids([{ id: 'a', weight: 1 }]), ['copy of a', 'no hash']);
  assert.deepEqual(ids([{ file: 'aaaaaaaaaaaaaaaa', weight: 1 }]), ['copy of a', 'no hash']);
  assert.deepEqual(ids([{ file: 'bbbbbbbbbbbbbbbb', weight: 1 }], [{ id: 'b', distance: 0.002 }]), ['b']);
  assert.deepEqual(ids([{ id: 'not there', weight: 1 }], [{ id: 'b', distance: 0.1 }]), []);
});

test('of several pictures, contents alone count; a region is found in its copies as in others', () => {
  const b = { id: 'b', weight: 1 as const };
  assert.deepEqual(ids([{ id: 'a', weight: 1 }, b], hits.slice(0, 2)), ['copy of a']);
  assert.deepEqual(ids([b, { id: 'a', weight: -1 }], hits.slice(0, 2)), ['copy of a']);
  const region = { x: 0, y: 0, width: 9, height: 9 };
  assert.deepEqual(ids([{ id: 'a', weight: 1, region }]), []);
});
