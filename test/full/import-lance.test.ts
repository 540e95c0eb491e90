import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { LanceIndex } from '../../src/lance/index.ts';
import { encodeNpy } from '../../src/python/npy.ts';
import { likeness, root, withFolder } from '../support/cli.ts';
import { ClusteredRows } from '../support/clustered-rows.ts';

const d = 512;
const blockRows = 10_000;

/** A matrix and its ids in files; returns the arguments that import them. */
async function made(folder: string, n: number): Promise<string[]> {
  const rows = new ClusteredRows(n, d);
  const [npy, ids] = [join(folder, `${n}.npy`), join(folder, `${n}.txt`)];
  const empty = encodeNpy(new Float32Array(0), [0, d]);
  // The header of n rows is as long: it is padded.
  const header = Buffer.from(empty)
    .toString('latin1')
    .replace(/\(0, 512\)/, `(${n}, 512)`);
  const excess = header.length - empty.length;
  const file = await open(npy, 'w');
  await file.write(Buffer.from(header.replace(' '.repeat(excess), ''), 'latin1'));
  for (let from = 0; from < n; from += blockRows) {
    await file.write(new Uint8Array(rows.block(from, Math.min(blockRows, n - from)).buffer));
  }
  await file.close();
  await writeFile(ids, Array.from({ length: n }, (_, row) => `p/${row}.jpg\n`).join(''));
  return ['import', npy, '--ids', ids];
}

test('an import that is killed keeps what it told, and goes on from there', () =>
  withFolder(async (folder) => {
    const n = 60_000;
    const shop = join(folder, 'shop.lance');
    const args = [...(await made(folder, n)), '--to', `lancedb:${shop}`];
    let told = 0;
    for (const tenths of [2, 5]) {
      const child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), ...args], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const ended = once(child, 'exit');
      for await (const line of createInterface({ input: child.stderr })) {
        const [, done] = /^Importing (\d+)\/60000/.exec(line) ?? [];
        if (Number(done) < (tenths * n) / 10) continue;
        told = Number(done);
        child.kill('SIGKILL');
        break;
      }
      assert.deepEqual(await ended, [null, 'SIGKILL']);
      const index = await LanceIndex.open(shop);
      assert.ok((await index.size()) >= told, `${await index.size()} rows, ${told} were told`);
      await index.close();
    }
    const again = await likeness(...args);
    assert.equal(again.code, 0, again.stderr);
    const [, added, replaced, same] = /60000 pictures, .*\((\d+) added, (\d+) replaced, (\d+) were there/
      .exec(again.stdout)!
      .map(Number);
    assert.ok(same! >= told && replaced === 0 && added! + same! === n, again.stdout);

    const index = await LanceIndex.open(shop);
    const rows = new ClusteredRows(n, d);
    const ids = new Set<string>();
    for (let offset = 0; offset < n; offset += 1000) {
      const { entries } = await index.entries({ offset, limit: 1000 });
      for (const { id } of entries) ids.add(id);
      const some = entries[0]!.id;
      const [vector] = await index.vectorsOf([some]);
      assert.deepEqual(vector, rows.row(Number(/\d+/.exec(some)![0])));
    }
    assert.equal(ids.size, n, 'each id once');
    await index.close();
  }));
