import assert from 'node:assert/strict';
import { test } from 'node:test';
import { titleOfStore } from '../../../page/views/settings/title-of-store.ts';

test('the name of an index says whose pictures it is of, and by which model; other names say nothing', () => {
  const hash = '0123456789abcdef';
  assert.deepEqual(titleOfStore(`opfs:page-own-vgg16-compact-2-${hash}`), {
    model: 'vgg16-compact',
    version: '2',
  });
  assert.deepEqual(titleOfStore(`indexeddb:page-My_holiday-2024-1a2b3c4d-vgg16-1.0-${hash}`), {
    title: 'My holiday-2024',
    model: 'vgg16',
    version: '1.0',
  });
  for (const other of [
    'opfs:holiday',
    'opfs:page-own',
    `opfs:page-own-${hash}`,
    `opfs:page-x-vgg16-2-${hash}`,
  ])
    assert.equal(titleOfStore(other), undefined, other);
});
