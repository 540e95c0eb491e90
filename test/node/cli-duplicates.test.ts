import assert from 'node:assert/strict';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { likenessIn, samples, withFolder } from '../support/cli.ts';
import { dimension, saveJson, saveRows, unitVectors } from '../support/features.ts';

test('duplicates: groups, the largest picture first, as a table, as JSON and as a page', () =>
  withFolder(async (folder) => {
    // b and c are the same; d is a little beside b, nearer than 0.2; a and e are alone.
    const rows = unitVectors(5);
    const row = (n: number): Float32Array => rows.subarray(n * dimension, (n + 1) * dimension);
    row(2).set(row(1));
    const near = row(1).map((value, j) => value + (j === 0 ? 0.1 : 0));
    const length = Math.hypot(...near);
    row(3).set(near.map((value) => value / length));
    await saveRows(join(folder, 'f.npy'), rows);
    await saveJson(join(folder, 'ids.json'), ['a.jpg', 'b.jpg', 'c.jpeg', '<d>.jpg', 'e.jpg']);
    const made = await likenessIn(folder, 'import', 'f.npy', '--ids', 'ids.json', '-o', 'index');
    assert.equal(made.code, 0, made.stderr);
    await cp(join(samples, 'A001.jpeg'), join(folder, 'index', 'c.jpeg'));
    const json = await likenessIn(folder, 'duplicates', 'index', '--json');
    assert.equal(json.code, 0, json.stderr);
    const groups = JSON.parse(json.stdout) as {
      pictures: { id: string; distance: number; width?: number }[];
    }[];
    assert.deepEqual(
      groups.map(({ pictures }) => pictures.map(({ id }) => id)),
      [['c.jpeg', 'b.jpg', '<d>.jpg']],
    );
    const [best, same, other] = groups[0]!.pictures;
    assert.ok(best!.width! > 0);
    assert.equal(same!.distance, 0);
    let squared = 0;
    for (const [j, value] of row(3).entries()) squared += (value - row(1)[j]!) ** 2;
    assert.equal(other!.distance, Number(Math.sqrt(squared).toFixed(7)));

    const table = await likenessIn(folder, 'duplicates', 'index', '--max-distance', '0', '--html', 'd.html');
    assert.equal(table.code, 0, table.stderr);
    const lines = table.stdout.trimEnd().split('\n');
    assert.equal(lines.length, 3);
    assert.match(lines[1]!, /^ {4}1 {2}0\.000000 +\d+ × \d+ +\d+ {2}c\.jpeg$/);
    const page = await readFile(join(folder, 'd.html'), 'utf8');
    assert.match(page, /data:image\/webp/);
    assert.match(page, /Cannot be shown/);
    assert.doesNotMatch(page, /<d>/);

    await mkdir(join(folder, 'none'));
    for (const [args, code] of [
      [['duplicates', 'index', '--max-distance', '-1'], 2],
      [['duplicates', 'index', '--max-distance', 'far'], 2],
      [['duplicates', 'none'], 1],
      [['duplicates'], 2],
    ] as const) {
      const refused = await likenessIn(folder, ...args);
      assert.equal(refused.code, code, refused.stderr);
      assert.equal(refused.stderr.trimEnd().split('\n').length, 1);
    }
  }));
