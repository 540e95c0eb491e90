import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { justifiedRows, nextItem, rowOf, rowsBetween } from '../../../page/parts/justified.ts';
import { seeded } from '../../support/random.ts';

const layout = { width: 1000, height: 190, gap: 8, below: 40 };
const close = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;

/** What holds of any layout. */
function check(ratios: readonly number[], options: typeof layout): ReturnType<typeof justifiedRows> {
  const rows = justifiedRows(ratios, options);
  let next = 0;
  let top = 0;
  for (const [at, row] of rows.entries()) {
    assert.equal(row.from, next, 'no picture is left out or doubled');
    assert.ok(row.to > row.from);
    assert.equal(row.widths.length, row.to - row.from);
    assert.equal(row.lefts.length, row.widths.length);
    assert.ok(close(row.top, top), `row ${at} begins below the one before`);
    assert.ok(row.height > 0 && Number.isFinite(row.height));
    let left = 0;
    for (const [n, width] of row.widths.entries()) {
      assert.ok(close(row.lefts[n]!, left));
      assert.ok(width > 0);
      left += width + options.gap;
    }
    const end = left - options.gap;
    if (at < rows.length - 1) assert.ok(close(end, options.width), `row ${at}: ${end} of ${options.width}`);
    else assert.ok(end <= options.width + 1e-6, `the last row: ${end} of ${options.width}`);
    next = row.to;
    top = row.top + row.height + options.below + options.gap;
  }
  assert.equal(next, ratios.length);
  return rows;
}

describe('justified rows', () => {
  test('fill the width exactly and keep the order', () => {
    const random = seeded(7);
    for (const width of [200, 336, 784, 1000, 1383.5])
      for (const count of [2, 3, 10, 100, 1000]) {
        const ratios = Array.from({ length: count }, () => 0.5 + random() * 1.5);
        const rows = check(ratios, { ...layout, width });
        // Pictures of usual shapes are not cropped: each is as wide as its ratio says.
        for (const { from, to, height, widths } of rows)
          for (let item = from; item < to; item++)
            assert.ok(close(widths[item - from]! / height, ratios[item]!));
        for (const { height } of rows.slice(0, -1))
          assert.ok(height > 190 / 2.3 && height < 190 * 2.3, `${height}`);
      }
  });

  test('with rows from before are those without them; what has not changed stays the same object', () => {
    const random = seeded(11);
    for (let round = 0; round < 200; round++) {
      const before = Array.from({ length: Math.floor(random() * 60) }, () => 0.3 + random() * 3);
      const rows = justifiedRows(before, layout);
      const cut = Math.floor(random() * (before.length + 1));
      const added = Array.from({ length: Math.floor(random() * 20) }, () => 0.3 + random() * 3);
      const ratios = [...before.slice(0, cut), ...added, ...before.slice(cut + Math.floor(random() * 3))];
      const after = justifiedRows(ratios, layout, { ratios: before, rows });
      assert.deepEqual(after, justifiedRows(ratios, layout));
      for (const [n, row] of rows.entries()) if (row.to < cut) assert.equal(after[n], row);
    }
  });

  test('that were seen stay as they are: the last one takes others beside those it has', () => {
    const random = seeded(23);
    for (let round = 0; round < 200; round++) {
      const some = (most: number): number[] =>
        Array.from({ length: Math.floor(random() * most) }, () => 0.3 + random() * 3);
      let ratios = some(40);
      const seen = ratios.length;
      let rows = justifiedRows(ratios, layout);
      const first = rows;
      for (let more = 0; more < 5; more++) {
        const before = { ratios, rows, seen };
        ratios = [...ratios, ...some(8)];
        rows = justifiedRows(ratios, layout, before);
        for (const [n, row] of first.entries()) {
          const now = rows[n]!;
          assert.deepEqual([now.from, now.top, now.height], [row.from, row.top, row.height]);
          assert.deepEqual(now.lefts.slice(0, row.lefts.length), row.lefts);
          assert.deepEqual(now.widths.slice(0, row.widths.length), row.widths);
          assert.ok(now.lefts.at(-1)! + now.widths.at(-1)! <= layout.width + 1e-6);
        }
        assert.equal(rows.at(-1)?.to ?? 0, ratios.length);
        for (const [n, row] of rows.entries()) assert.equal(row.from, n === 0 ? 0 : rows[n - 1]!.to);
      }
    }
    const [one, ...none] = justifiedRows([1, 1], layout);
    const [row] = justifiedRows([1, 1, 1], layout, { ratios: [1, 1], rows: [one!, ...none], seen: 2 });
    assert.deepEqual(row!.lefts, [0, 198, 396]);
  });

  test('of nothing are none, of one picture one that is not stretched', () => {
    assert.deepEqual(justifiedRows([], layout), []);
    const [only, ...more] = check([1.5], layout);
    assert.deepEqual(more, []);
    assert.equal(only!.height, 190);
    assert.equal(only!.widths[0], 285);
  });

  test('take extreme and unknown shapes', () => {
    const odd = [1e-9, 1e9, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.01, 100];
    for (const width of [1, 40, 120, 336, 1400]) {
      check(odd, { ...layout, width });
      check(
        odd.flatMap((ratio) => Array.from({ length: 40 }, () => ratio)),
        { ...layout, width },
      );
    }
    const [row] = check([50, 50], layout);
    // A panorama is cut to three times its height, not to a thread.
    assert.ok(row!.widths[0]! / row!.height <= 3 + 1e-9);
  });

  test('the last row is as high as the others at most', () => {
    const rows = check(
      Array.from({ length: 11 }, () => 1),
      layout,
    );
    assert.ok(rows.at(-1)!.height <= 190);
  });

  test('lay 5,000 pictures out in an instant', () => {
    const random = seeded(8);
    const ratios = Array.from({ length: 5000 }, () => 0.5 + random() * 1.5);
    let rows: ReturnType<typeof justifiedRows> = [];
    // The best of several: other tests run beside it.
    const times = Array.from({ length: 10 }, () => {
      const start = performance.now();
      rows = justifiedRows(ratios, layout);
      return performance.now() - start;
    });
    assert.ok(Math.min(...times) < 50, `${Math.min(...times)} ms`);
    assert.ok(rows.length > 500);
  });
});

test('rows are found by item and by height', () => {
  const rows = justifiedRows(
    Array.from({ length: 100 }, () => 1),
    layout,
  );
  for (let item = 0; item < 100; item++) {
    const row = rows[rowOf(rows, item)]!;
    assert.ok(item >= row.from && item < row.to);
  }
  assert.equal(rowOf(rows, 100), -1);
  assert.equal(rowOf(rows, -1), -1);
  assert.equal(rowOf([], 0), -1);
  const bottom = rows.at(-1)!.top + rows.at(-1)!.height;
  assert.deepEqual(rowsBetween(rows, 0, bottom, 40), rows);
  assert.deepEqual(rowsBetween(rows, bottom + 41, bottom + 500, 40), []);
  assert.deepEqual(rowsBetween(rows, -500, -1, 40), []);
  assert.deepEqual(rowsBetween(rows, rows[3]!.top, rows[4]!.top, 0), rows.slice(3, 5));
  assert.deepEqual(rowsBetween([], 0, 100, 0), []);
});

test('arrow keys lead to neighbours, by rows to what is above and below', () => {
  const rows = justifiedRows(
    Array.from({ length: 23 }, () => 1),
    { ...layout, below: 0 },
  );
  const perRow = rows[0]!.to;
  const ltr = { isRtl: false, page: 2 };
  const rtl = { isRtl: true, page: 2 };
  assert.equal(nextItem('ArrowRight', 0, rows, ltr), 1);
  assert.equal(nextItem('ArrowLeft', 0, rows, ltr), 0);
  assert.equal(nextItem('ArrowLeft', 0, rows, rtl), 1);
  assert.equal(nextItem('ArrowRight', 1, rows, rtl), 0);
  assert.equal(nextItem('ArrowDown', 2, rows, ltr), 2 + perRow);
  assert.equal(nextItem('ArrowUp', 2 + perRow, rows, ltr), 2);
  assert.equal(nextItem('ArrowUp', 2, rows, ltr), 2);
  assert.equal(nextItem('ArrowDown', 22, rows, ltr), 22);
  assert.equal(nextItem('ArrowRight', 22, rows, ltr), 22);
  assert.equal(nextItem('Home', 9, rows, ltr), 0);
  assert.equal(nextItem('End', 9, rows, ltr), 22);
  assert.equal(nextItem('PageDown', 1, rows, ltr), Math.min(22, 1 + 2 * perRow));
  assert.equal(nextItem('PageUp', 1 + 2 * perRow, rows, ltr), 1);
  assert.equal(nextItem('a', 1, rows, ltr), undefined);
  assert.equal(nextItem('ArrowRight', 0, [], ltr), undefined);
  // From a wide picture to the one below its middle.
  const mixed = justifiedRows([3, 3, ...Array.from({ length: 12 }, () => 1)], {
    ...layout,
    width: 1148,
    below: 0,
  });
  assert.equal(mixed[0]!.to, 2);
  const below = nextItem('ArrowDown', 1, mixed, ltr)!;
  const row = mixed[1]!;
  const middle = mixed[0]!.lefts[1]! + mixed[0]!.widths[1]! / 2;
  const n = below - row.from;
  assert.ok(row.lefts[n]! - 8 <= middle && middle <= row.lefts[n]! + row.widths[n]!);
});
