import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { LanceIndex } from '../../src/lance/index.ts';
import { likenessIn, likenessWithout, samples, withFolder } from '../support/cli.ts';
import { dimension, saveJson, saveRows, unitVectors } from '../support/features.ts';

const ids = ['a.jpg', "it's/b.jpg", 'ü.jpg', 'd.jpg', 'e.jpg'];
const toShop = ['--to', 'lancedb:shop.lance'];

/** Ids and rows of the table, in its order. */
async function contentOf(folder: string): Promise<[string, Float32Array | undefined][]> {
  const index = await LanceIndex.open(join(folder, 'shop.lance'));
  const { entries } = await index.entries({ limit: 100 });
  const vectors = await index.vectorsOf(entries.map(({ id }) => id));
  await index.close();
  return entries.map(({ id }, n) => [id, vectors[n]]);
}

const rowOf = (values: Float32Array, n: number): Float32Array =>
  values.slice(n * dimension, (n + 1) * dimension);

test('likeness import --to lancedb: rows of a matrix and of an index; again, only what is new is written', () =>
  withFolder(async (folder) => {
    const values = unitVectors(ids.length);
    await saveRows(join(folder, 'f.npy'), values.subarray(0, 3 * dimension));
    await writeFile(join(folder, 'ids.txt'), `${ids.slice(0, 3).join('\r\n')}\n`);
    const first = await likenessIn(folder, 'import', 'f.npy', '--ids', 'ids.txt', ...toShop);
    assert.match(
      first.stdout,
      /3 pictures, 512 values each \(3 added, 0 replaced, 0 were there/,
      first.stderr,
    );
    assert.deepEqual(
      await contentOf(folder),
      ids.slice(0, 3).map((id, n) => [id, rowOf(values, n)]),
    );

    // An index with these and two more; one row is another now.
    const changed = values.slice();
    changed.set(rowOf(values, 0).reverse(), dimension);
    await saveRows(join(folder, 'all.npy'), changed);
    await saveJson(join(folder, 'all.json'), ids);
    const made = await likenessIn(folder, 'import', 'all.npy', '--ids', 'all.json', '-o', 'index');
    assert.equal(made.code, 0, made.stderr);
    const second = await likenessIn(folder, 'import', 'index', ...toShop);
    assert.match(second.stdout, /5 pictures, .* \(2 added, 1 replaced, 2 were there/, second.stderr);
    assert.deepEqual(
      await contentOf(folder),
      ids.map((id, n) => [id, rowOf(changed, n)]),
    );
    const index = await LanceIndex.open(join(folder, 'shop.lance'));
    assert.match(String(index.fingerprint), /^vgg16-compact@/);
    await index.close();
  }));

test('likeness import --to lancedb: what cannot be right is refused, in one line', () =>
  withFolder(async (folder) => {
    const values = unitVectors(3);
    values[dimension + 7] = Number.NaN;
    await saveRows(join(folder, 'f.npy'), values);
    await saveJson(join(folder, 'two.json'), ids.slice(0, 2));
    await saveJson(join(folder, 'three.json'), ids.slice(0, 3));
    await writeFile(join(folder, 'gap.txt'), 'a\n\nb\n');
    const from = ['import', 'f.npy', '--ids'];
    const cases: [string[], number, RegExp][] = [
      [[...from, 'two.json', ...toShop], 1, /f\.npy has 3 rows, two\.json has 2 ids/],
      [[...from, 'gap.txt', ...toShop], 1, /gap\.txt has to have an id in each line; line 2 is empty/],
      [[...from, 'three.json', '--to', 'shop.lance'], 2, /It takes lancedb:<uri>/],
      [[...from, 'three.json'], 2, /'-o, --output <index-dir>' not specified; or --to/],
      [[...from, 'three.json', '-o', 'index', ...toShop], 2, /two places/],
      [[...from, 'three.json', '-o', 'index', '--table', 'x'], 2, /--table is for --to/],
      [[...from, 'three.json', ...toShop], 1, /row 1 .*holds NaN \(value 7\).*--skip-bad/],
    ];
    const results = await Promise.all(cases.map(([args]) => likenessIn(folder, ...args)));
    for (const [n, { code, stderr }] of results.entries()) {
      const [args, wanted, message] = cases[n]!;
      assert.equal(code, wanted, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, message);
      assert.match(stderr, /^likeness: [^\n]+\n$/, 'one line');
    }
    const skipped = await likenessIn(folder, ...from, 'three.json', '--skip-bad', ...toShop);
    assert.match(skipped.stdout, /2 pictures, /, skipped.stderr);
    assert.deepEqual(
      (await contentOf(folder)).map(([id]) => id),
      [ids[0], ids[2]],
    );
  }));

test('likeness import --to lancedb: ids that a table cannot have are said before any row is written; all others are kept as they are', () =>
  withFolder(async (folder) => {
    // A long one, one with NUL, and two that look the same.
    const odd = ['a\0b', 'é.jpg', 'e\u0301.jpg', 'x'.repeat(100_000), 'half\ud800'];
    await saveRows(join(folder, 'f.npy'), unitVectors(odd.length));
    await saveJson(join(folder, 'ids.json'), odd);
    const args = ['import', 'f.npy', '--ids', 'ids.json', ...toShop];
    const refused = await likenessIn(folder, ...args);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^likeness: .*row 4.*half.*has half of a surrogate pair in its id.*--skip-bad/,
    );
    assert.ok(!(await readdir(folder)).includes('shop.lance'), 'no table was made');
    const rest = await likenessIn(folder, ...args, '--skip-bad');
    assert.match(rest.stdout, /4 pictures, /, rest.stderr);
    assert.match(rest.stderr, /1 of 5 rows were skipped/);
    assert.deepEqual(
      (await contentOf(folder)).map(([id]) => id),
      odd.slice(0, 4),
    );
  }));

test('likeness index --to lancedb: the table has what the index has, and loses what leaves it', () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, 'photos'));
    for (const name of ['A001', 'A002', 'A010', 'B001']) {
      await copyFile(join(samples, `${name}.jpeg`), join(folder, `photos/${name}.jpeg`));
    }
    const args = ['index', 'photos', '-o', 'index', ...toShop];
    const first = await likenessIn(folder, ...args);
    assert.match(first.stdout, /4 pictures, .*\(4 added, 0 replaced, 0 were there/, first.stderr);
    await rm(join(folder, 'photos/A002.jpeg'));
    const second = await likenessIn(folder, ...args);
    assert.match(
      second.stdout,
      /3 pictures, .*\(0 added, 0 replaced, 3 were there, 1 removed/,
      second.stderr,
    );
    assert.deepEqual(
      (await contentOf(folder)).map(([id]) => id),
      ['A001.jpeg', 'A010.jpeg', 'B001.jpeg'],
    );

    // Ended between the index and the table: the index alone has lost a picture, and the next run takes it out of both.
    await rm(join(folder, 'photos/A010.jpeg'));
    const alone = await likenessIn(folder, 'index', 'photos', '-o', 'index');
    assert.equal(alone.code, 0, alone.stderr);
    const mended = await likenessIn(folder, ...args, '--json');
    assert.equal(mended.code, 0, mended.stderr);
    const { table } = JSON.parse(mended.stdout);
    assert.deepEqual(
      { ...table, seconds: 0 },
      { to: toShop[1], count: 2, dims: 512, added: 0, replaced: 0, same: 2, removed: 1, seconds: 0 },
    );
    assert.deepEqual(
      (await contentOf(folder)).map(([id]) => id),
      ['A001.jpeg', 'B001.jpeg'],
    );
  }));

test('what LanceDB cannot take is said before any work', () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, 'photos'));
    await copyFile(join(samples, 'A001.jpeg'), join(folder, 'photos/A001.jpeg'));
    const other = await LanceIndex.open(join(folder, 'other.lance'), { dims: 512, fingerprint: 'other@1' });
    await other.close();
    const index = ['index', 'photos', '-o', 'index', '--to'];
    const serve = ['serve', '--port', '0', '--engine'];
    // Of an import, not even that what it should read is not there.
    const load = ['import', 'none.npy', '--ids', 'none.txt', '--to'];
    const missing = /LanceDB is not installed.*npm install @lancedb/;
    const cases: [typeof likenessIn, string[], RegExp][] = [
      ...[index, load, serve].map((args): [typeof likenessIn, string[], RegExp] => [
        (cwd, ...rest) => likenessWithout('@lancedb/lancedb', cwd, ...rest),
        [...args, 'lancedb:shop.lance'],
        missing,
      ]),
      [likenessIn, [...index, 'lancedb:other.lance'], /was made with other@1, this is vgg16-compact@/],
      [likenessIn, [...index, 'lancedb:ftp://shop'], /ftp:\/\/shop has a scheme that LanceDB does not know/],
      [likenessIn, [...index, 'lancedb:photos/A001.jpeg/shop'], /is a file, or in one/],
      [likenessIn, [...load, 'lancedb:s3://'], /uri is .*two slashes and a bucket/],
      [likenessIn, [...serve, 'lancedb:none.lance'], /There is no table "pictures" in none\.lance/],
    ];
    const results = await Promise.all(cases.map(([run, args]) => run(folder, ...args)));
    for (const [n, { code, stderr }] of results.entries()) {
      const [, args, message] = cases[n]!;
      assert.equal(code, 1, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /Indexing|\n./, 'one line, and no progress');
    }
    assert.deepEqual((await readdir(folder)).sort(), ['other.lance', 'photos'], 'nothing was made');
    if (process.platform === 'linux') {
      const { code, stderr } = await likenessIn(folder, ...index, 'lancedb:/proc/shop.lance');
      assert.equal(code, 1);
      assert.match(stderr, /Opening \/proc\/shop\.lance failed/);
    }
  }));
