import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  acrossFrom,
  middleOf,
  moved,
  regionBetween,
  regionByKey,
  resized,
} from '../../../page/state/region.ts';

const picture = { width: 100, height: 40 };

test('a region holds both points, whole pixels, and lies in the picture', () => {
  assert.deepEqual(regionBetween({ x: 10.2, y: 5.9 }, { x: 20.1, y: 6.1 }, picture), {
    x: 10,
    y: 5,
    width: 11,
    height: 2,
  });
  assert.deepEqual(
    regionBetween({ x: 20.1, y: 6.1 }, { x: 10.2, y: 5.9 }, picture),
    regionBetween({ x: 10.2, y: 5.9 }, { x: 20.1, y: 6.1 }, picture),
  );
  assert.deepEqual(regionBetween({ x: -50, y: -1 }, { x: 1000, y: 99 }, picture), {
    x: 0,
    y: 0,
    width: 100,
    height: 40,
  });
  assert.deepEqual(regionBetween({ x: 500, y: 500 }, { x: 600, y: 700 }, picture), {
    x: 99,
    y: 39,
    width: 1,
    height: 1,
  });
  assert.deepEqual(regionBetween({ x: -5, y: 3 }, { x: -5, y: 3 }, picture), {
    x: 0,
    y: 3,
    width: 1,
    height: 1,
  });
  assert.deepEqual(middleOf(picture), { x: 25, y: 10, width: 50, height: 20 });
  assert.deepEqual(middleOf({ width: 1, height: 1 }), { x: 0, y: 0, width: 1, height: 1 });
});

test('a region is moved and sized as far as the picture goes', () => {
  const region = { x: 10, y: 10, width: 30, height: 20 };
  assert.deepEqual(moved(region, { x: 4.6, y: -3 }, picture), { ...region, x: 15, y: 7 });
  assert.deepEqual(moved(region, { x: 500, y: 500 }, picture), { ...region, x: 70, y: 20 });
  assert.deepEqual(moved(region, { x: -500, y: -500 }, picture), { ...region, x: 0, y: 0 });
  assert.deepEqual(resized(region, { x: 500, y: -500 }, picture), { ...region, width: 90, height: 1 });
  assert.deepEqual(acrossFrom(region, 'nw'), { x: 40, y: 30 });
  assert.deepEqual(acrossFrom(region, 'se'), { x: 10, y: 10 });
  assert.deepEqual(acrossFrom(region, 'ne'), { x: 10, y: 30 });
  assert.deepEqual(acrossFrom(region, 'sw'), { x: 40, y: 10 });
});

test('arrow keys move a region, with Shift they size it, with Alt by a pixel', () => {
  const region = { x: 10, y: 10, width: 30, height: 20 };
  const key = (name: string, size = false, fine = false) =>
    regionByKey(name, { size, fine }, region, picture);
  assert.deepEqual(key('ArrowRight'), { ...region, x: 12 });
  assert.deepEqual(key('ArrowUp', false, true), { ...region, y: 9 });
  assert.deepEqual(key('ArrowDown', true), { ...region, height: 22 });
  assert.deepEqual(key('ArrowLeft', true, true), { ...region, width: 29 });
  assert.equal(key('Enter'), undefined);
  assert.equal(key('constructor'), undefined);
});
