import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Picture } from '../../../page/state/pictures.ts';
import { groupsWithin, layOut } from '../../../page/views/duplicates/layout.ts';

const group = (key: string, count: number) => ({
  key,
  widest: 0,
  pictures: Array.from(
    { length: count },
    (_, n): Picture => ({ id: `${key}${n}`, url: '', thumbnail: '', indexed: true }),
  ),
});

test('groups lie below each other; two pictures fit side by side in the narrowest window', () => {
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
  for (const [n, top] of wide.tops.entries()) assert.ok(Math.abs(top - (n * wide.height) / 3) < 1e-6);
  // Text of twice the size takes twice the room.
  assert.ok(Math.abs(layOut(groups, { width: 2800, rem: 32, shownOf }).height - 2 * wide.height) < 1e-6);
});

test('the groups near a window are those of which a part is in it', () => {
  const groups = Array.from({ length: 100 }, (_, n) => group(`g${n}-`, 2));
  const layout = layOut(groups, { width: 1000, rem: 16, shownOf: () => 2 });
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
