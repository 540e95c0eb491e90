import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as library from '../../src/node.ts';
import { likenessIn, withFolder } from '../support/cli.ts';
import { dimension, saveJson, saveRows, unitVectors } from '../support/features.ts';

test('map: the places that ImageSearch gives, as a table and as JSON', () =>
  withFolder(async (folder) => {
    const rows = unitVectors(40);
    await saveRows(join(folder, 'f.npy'), rows);
    const ids = Array.from({ length: 40 }, (_, n) => (n === 3 ? '<d>\u001b[31m.jpg' : `${n}.jpg`));
    await saveJson(join(folder, 'ids.json'), ids);
    const made = await likenessIn(folder, 'import', 'f.npy', '--ids', 'ids.json', '-o', 'index');
    assert.equal(made.code, 0, made.stderr);
    const json = await likenessIn(folder, 'map', 'index', '--json');
    assert.equal(json.code, 0, json.stderr);
    assert.equal(json.stderr, '');
    const places: { id: string; x: number; y: number }[] = JSON.parse(json.stdout);
    const search = await library.ImageSearch.open();
    await search.add(ids.map((id, n) => ({ id, vector: rows.subarray(n * dimension, (n + 1) * dimension) })));
    for (const neighbours of [15, 4]) {
      const map = await search.map({ neighbours });
      const wanted = map.ids.map((id, n) => ({
        id,
        x: Number(map.coordinates[2 * n]!.toFixed(7)),
        y: Number(map.coordinates[2 * n + 1]!.toFixed(7)),
      }));
      const other = await likenessIn(folder, 'map', 'index', '--neighbours', `${neighbours}`, '--json');
      assert.deepEqual(JSON.parse(other.stdout), wanted);
      if (neighbours === 15) assert.deepEqual(places, wanted);
    }
    await search.close();

    const table = await likenessIn(folder, 'map', 'index');
    assert.equal(table.code, 0, table.stderr);
    const lines = table.stdout.trimEnd().split('\n');
    assert.equal(lines.length, 41);
    assert.equal(lines[1], `${places[0]!.x.toFixed(6)}  ${places[0]!.y.toFixed(6)}  0.jpg`);
    assert.ok(!table.stdout.includes('\u001b'));

    await mkdir(join(folder, 'none'));
    for (const [args, code] of [
      [['map', 'index', '--neighbours', '1'], 2],
      [['map', 'index', '--neighbours', 'many'], 2],
      [['map', 'none'], 1],
      [['map'], 2],
    ] as const) {
      const refused = await likenessIn(folder, ...args);
      assert.equal(refused.code, code, refused.stderr);
      assert.equal(refused.stderr.trimEnd().split('\n').length, 1);
    }
  }));
