import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Picture } from '../../../page/state/pictures.ts';
import { groupsWithin, layOut, placeBeside } from '../../../page/views/duplicates/layout.ts';

const group = (key: string, count: number) => ({
  key,
  widest: 0,
  pictures: Array.from(
    { length: count },
    (_, n): Picture => ({ id: `${key}${n}`, url: '', thumbnail: '', indexed: true }),
  ),
});

test('groups lie side by side where they fit, else below each other; two pictures fit side by side in the narrowest window', () => {
  const groups = [group('a', 2), group('b', 3), group('c', 2)];
  const shownOf = ({ pictures }: { pictures: Picture[] }): number => pictures.length;
  const narrow = layOut(groups, { width: 300, rem: 16, shownOf });
  assert.equal(narrow.columns, 2);
  assert.ok(narrow.width * 2 + 12 <= 300.001);
  const heights = [...narrow.tops.slice(1), narrow.height].map((end, n) => end - narrow.tops[n]!);
  assert.equal(heights[0], heights[2]);
  assert.ok(heights[1]! > heights[0]!, 'three take two rows');
  const wide = layOut(groups, { width: 1400, rem: 16, shownOf });
  assert.ok(wide.columns >= 5);
  assert.ok(wide.columns * (wide.width + 12) - 12 <= 1400.001);
  // Groups that fit lie side by side; the third has no room there.
  assert.deepEqual([...wide.tops], [0, 0, wide.height / 2]);
  assert.ok(wide.lefts[1]! > 2 * wide.width && wide.lefts[1]! + 3 * wide.width <= 1400.001);
  assert.deepEqual([wide.lefts[0], wide.lefts[2]], [0, 0]);
  // Text of twice the size takes twice the room.
  assert.ok(Math.abs(layOut(groups, { width: 2800, rem: 32, shownOf }).height - 2 * wide.height) < 1e-6);
});

test('the groups near a window are those of which a part is in it', () => {
  const groups = Array.from({ length: 100 }, (_, n) => group(`g${n}-`, 2));
  const layout = layOut(groups, { width: 700, rem: 16, shownOf: () => 2 });
  const each = layout.height / 100;
  assert.deepEqual(groupsWithin(layout, -500, -1), { from: 0, to: 0 });
  assert.deepEqual(groupsWithin(layout, -500, each / 2), { from: 0, to: 1 });
  assert.deepEqual(groupsWithin(layout, each * 10 + 1, each * 12 + 1), { from: 10, to: 13 });
  assert.deepEqual(groupsWithin(layout, layout.height - 1, layout.height + 900), { from: 99, to: 100 });
  assert.deepEqual(groupsWithin(layOut([], { width: 1000, rem: 16, shownOf: () => 2 }), 0, 500), {
    from: 0,
    to: 0,
  });
});

test('of groups that lie side by side all are near the window', () => {
  const groups = Array.from({ length: 10 }, (_, n) => group(`g${n}-`, 2));
  const layout = layOut(groups, { width: 1400, rem: 16, shownOf: () => 2 });
  const each = layout.height / 5;
  assert.deepEqual(groupsWithin(layout, 1, each - 1), { from: 0, to: 2 });
  assert.deepEqual(groupsWithin(layout, each + 1, 2 * each + 1), { from: 2, to: 6 });
});

test('up and down lead to the nearest picture of the groups there', () => {
  // 5 cards are side by side: a a, b b | c c c c c, c c | d d, e e
  const groups = [group('a', 2), group('b', 2), group('c', 7), group('d', 2), group('e', 2)];
  const shownOf = ({ pictures }: { pictures: Picture[] }): number => pictures.length;
  const layout = layOut(groups, { width: 1300, rem: 16, shownOf });
  assert.equal(layout.columns, 5);
  assert.deepEqual([...layout.across], [2, 2, 5, 2, 2]);
  const place = (group: number, n: number) => ({ group, n });
  assert.deepEqual(placeBeside(layout, place(0, 1), 1), place(2, 1));
  assert.deepEqual(placeBeside(layout, place(1, 1), 1), place(2, 3));
  assert.deepEqual(placeBeside(layout, place(2, 1), 1), place(2, 6));
  assert.deepEqual(placeBeside(layout, place(2, 4), 1), place(2, 6));
  assert.deepEqual(placeBeside(layout, place(2, 6), 1), place(3, 1));
  assert.deepEqual(placeBeside(layout, place(4, 0), -1), place(2, 6));
  assert.deepEqual(placeBeside(layout, place(3, 0), -1), place(2, 5));
  assert.deepEqual(placeBeside(layout, place(2, 4), -1), place(1, 1));
  assert.deepEqual(placeBeside(layout, place(1, 0), -1), place(1, 0));
  assert.deepEqual(placeBeside(layout, place(4, 1), 1), place(4, 1));
});
