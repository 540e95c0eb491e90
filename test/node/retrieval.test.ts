import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { FlatIndex } from '../../src/knn/index.ts';
import { parseNpy } from '../../src/knn/npy.ts';
import { likeness, samples, withFolder } from '../support/cli.ts';

test('sample photographs: leave-one-out precision at 10 by food group is what the weights were published with', () =>
  withFolder(async (folder) => {
    const index = join(folder, 'index');
    const npy = join(folder, 'features.npy');
    const ids = join(folder, 'ids.json');
    assert.equal((await likeness('index', samples, '-o', index)).code, 0);
    assert.equal((await likeness('export', index, '--npy', npy, '--ids', ids)).code, 0);
    const { data, shape } = parseNpy(await readFile(npy));
    const groups = (JSON.parse(await readFile(ids, 'utf8')) as string[]).map((id) => id[0]);
    assert.deepEqual([...shape], [542, 512]);

    const features = Float32Array.from(data);
    const flat = await FlatIndex.create({ dimension: 512 });
    flat.add(features);
    const found = await flat.search(features, 11);
    let same = 0;
    for (const [n, group] of groups.entries()) {
      const others = [...found.rows.subarray(n * found.k, (n + 1) * found.k)].filter((row) => row !== n);
      for (const row of others.slice(0, 10)) if (groups[row] === group) same++;
    }
    flat.close();
    const precision = same / (10 * groups.length);
    assert.ok(Math.abs(precision - 0.48) <= 0.005, `precision at 10 is ${precision.toFixed(4)}`);
  }));
