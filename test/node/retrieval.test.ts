import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { FlatIndex } from '../../src/knn/index.ts';
import { parseNpy } from '../../src/python/npy.ts';
import { likeness, samples, withFolder } from '../support/cli.ts';

test('sample photographs: leave-one-out precision at 10 and mAP by food group are what the weights were published with', () =>
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
    const found = await flat.search(features, groups.length);
    let precision = 0;
    let meanPrecision = 0;
    for (const [n, group] of groups.entries()) {
      const others = [...found.rows.subarray(n * found.k, (n + 1) * found.k)].filter((row) => row !== n);
      const ranks = others.flatMap((row, rank) => (groups[row] === group ? [rank + 1] : []));
      precision += ranks.filter((rank) => rank <= 10).length / 10 / groups.length;
      const average = ranks.reduce((sum, rank, before) => sum + (before + 1) / rank, 0) / ranks.length;
      meanPrecision += average / groups.length;
    }
    flat.close();
    assert.ok(Math.abs(precision - 0.486) <= 0.002, `precision at 10 is ${precision.toFixed(4)}`);
    assert.ok(Math.abs(meanPrecision - 0.389) <= 0.002, `mAP is ${meanPrecision.toFixed(4)}`);
  }));
