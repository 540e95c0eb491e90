import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { LanceIndex } from '../../src/lance/index.ts';
import { encodeNpy } from '../../src/python/npy.ts';
import { likeness, root, samples, withFolder } from '../support/cli.ts';
import { ClusteredRows } from '../support/clustered-rows.ts';

const d = 512;
const blockRows = 10_000;
/** Rows of a table that `index --to` looks at together. */
const mirroredAtOnce = 20_000;

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

test('rows that an index does not have leave its table; many of them only with --prune', () =>
  withFolder(async (folder) => {
    const photos = join(folder, 'photos');
    await mkdir(photos);
    for (const name of ['A001', 'B001']) {
      await copyFile(join(samples, `${name}.jpeg`), join(photos, `${name}.jpeg`));
    }
    const shop = join(folder, 'shop.lance');
    const args = ['index', photos, '-o', join(folder, 'index'), '--to', `lancedb:${shop}`];
    assert.equal((await likeness(...args)).code, 0);
    const index = await LanceIndex.open(shop);
    const others = Array.from({ length: 2 * mirroredAtOnce + 3 }, (_, n) => ({
      id: `other ${n}`,
      vector: new Float32Array(d).fill(n),
    }));
    await index.add(others);
    const refused = await likeness(...args, '--json');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /40003 of the 40005 rows of .* are not in the index.*--table.*--prune/);
    assert.equal(
      JSON.parse(refused.stdout).table,
      undefined,
      'what was done to the index is said all the same',
    );
    assert.equal(await index.size(), others.length + 2);
    const pruned = await likeness(...args, '--prune', '--json');
    assert.equal(pruned.code, 0, pruned.stderr);
    assert.equal(JSON.parse(pruned.stdout).table.removed, others.length);
    await index.close();
    const after = await LanceIndex.open(shop);
    assert.deepEqual(
      (await after.entries()).entries.map(({ id }) => id),
      ['A001.jpeg', 'B001.jpeg'],
    );
    await after.close();
  }));

/** Peak memory of a process that adds so many rows, in MiB; without what `maintain` does behind it. */
async function peakOf(folder: string, n: number): Promise<number> {
  const script = join(folder, 'adds.mjs');
  const lance = pathToFileURL(join(root, 'dist/node/lance.js')).href;
  await writeFile(
    script,
    `import { LanceIndex } from ${JSON.stringify(lance)};
const [folder, n] = process.argv.slice(2);
const index = await LanceIndex.open(folder, { dims: ${d}, maintain: false });
function* rows() {
  for (let row = 0; row < n; row++) {
    yield { id: 'p/' + row + '.jpg', vector: Float32Array.from({ length: ${d} }, (_, i) => (row * 31 + i * i * (row % 97)) % 251) };
  }
}
const { added } = await index.add(rows());
await index.close();
process.send({ added, peak: process.resourceUsage().maxRSS / 1024 });
`,
  );
  const child = fork(script, [join(folder, `${n}.lance`), String(n)]);
  const [{ added, peak }] = (await once(child, 'message')) as [{ added: number; peak: number }];
  assert.equal(added, n);
  return peak;
}

/** The vectors themselves are 352 MiB more. */
const mostGrowth = 300;

test(
  `adding ten times the rows takes no more than ${mostGrowth} MiB more memory`,
  { skip: process.platform !== 'linux' },
  () =>
    withFolder(async (folder) => {
      const few = await peakOf(folder, 20_000);
      const many = await peakOf(folder, 200_000);
      assert.ok(many - few < mostGrowth, `${few.toFixed()} MiB, then ${many.toFixed()} MiB`);
    }),
);

test('two imports of the same rows at once: each id is there once', () =>
  withFolder(async (folder) => {
    const n = 30_000;
    const shop = join(folder, 'shop.lance');
    const args = [...(await made(folder, n)), '--to', `lancedb:${shop}`];
    for (const { code, stderr } of await Promise.all([likeness(...args), likeness(...args)])) {
      assert.equal(code, 0, stderr);
    }
    const index = await LanceIndex.open(shop);
    const { entries, total } = await index.entries();
    assert.equal(total, n);
    assert.equal(new Set(entries.map(({ id }) => id)).size, n);
    await index.close();
  }));
