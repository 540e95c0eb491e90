import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'fflate';
import { crc32ByTable } from '../../../src/base/crc32.ts';
import { sha256 } from '../../../src/base/sha256.ts';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import type { EncodeOptions, StaticPicture } from '../../../src/static-index/encode.ts';
import { partOf } from '../../../src/static-index/part-of.ts';
import { oracle } from '../../support/knn-kinds.ts';
import { seeded } from '../../support/random.ts';
import {
  type Decoded,
  decode,
  encodeAll,
  lookUp,
  madePictures,
  oddNames,
} from '../../support/static-decode.ts';

const site = { base: '/', root: '../', smallSize: 240 };
const search = {
  fingerprint: 'f'.repeat(64),
  model: { folder: 'model-0123456789ab/', bytes: 5 },
  lib: 'lib-0123456789ab/',
};

/** Pictures in the order of rows, with what a reader has to find of them. */
function sorted({ pictures, vectors, dimension }: EncodeOptions): {
  pictures: StaticPicture[];
  vectors: Float32Array;
} {
  const order = [...pictures.keys()].sort((a, b) =>
    pictures[a]!.record.id < pictures[b]!.record.id ? -1 : 1,
  );
  const rows = new Float32Array(vectors.length);
  for (const [row, at] of order.entries())
    rows.set(vectors.subarray(at * dimension, (at + 1) * dimension), row * dimension);
  return { pictures: order.map((at) => pictures[at]!), vectors: rows };
}

/** Every path leads to its list, and every list is that of a search in float64. */
function checkAll(decoded: Decoded, options: EncodeOptions): void {
  const { entry, parts, records } = decoded;
  const { pictures, vectors } = sorted(options);
  const n = pictures.length;
  const d = options.dimension;
  assert.equal(entry.count, n);
  assert.deepEqual(
    records,
    pictures.map(({ record }) => record),
  );
  const seen = new Set<number>();
  const taken = new Set(pictures.map(({ record }) => record.id));
  for (const [row, { record, aliases }] of pictures.entries()) {
    const own = [...new Set(aliases)].filter((alias) => !taken.has(alias)).sort((a, b) => (a < b ? -1 : 1));
    for (const alias of own) taken.add(alias);
    for (const key of [record.id, ...own]) {
      const at = partOf(entry, key);
      assert.equal(at, lookUp(entry, key));
      const part = parts[at]!;
      const list = part.pictures.find(
        ([card, others]) => part.cards[card]![1] === record.id && (key === record.id || others.includes(key)),
      );
      assert.ok(list, `${JSON.stringify(key)} is in part ${at}`);
      const [card, others, rows, steps] = list;
      assert.equal(part.cards[card]![0], row);
      assert.deepEqual(others, own);
      if (seen.has(row)) continue;
      seen.add(row);
      const wanted = oracle(
        vectors,
        vectors.subarray(row * d, (row + 1) * d),
        options.k,
        (other) => other !== row,
      );
      assert.deepEqual(rows, wanted.rows, `the list of row ${row}`);
      let sum = 0;
      const distances = steps.map((step) => (sum += step));
      assert.deepEqual(
        distances,
        wanted.distances.map((distance) => Math.round(distance * 2 ** 15)),
      );
      for (const near of rows.slice(0, entry.whole))
        assert.ok(
          part.cards.some(([of]) => of === near),
          `card ${near}`,
        );
    }
  }
  assert.equal(seen.size, n);
  assert.equal(
    parts.reduce((sum, part) => sum + part.pictures.length, 0),
    n,
    'each list once',
  );
}

for (const n of [0, 1, 2, 3, 12, 13, 30, 31, 64, 65, 300]) {
  test(`a site of ${n} pictures: every path leads to its exact list`, async () => {
    for (const k of [1, 12, 13, 30]) {
      const options = { ...madePictures(n, 24), k, ...site };
      const files = await encodeAll(options);
      checkAll(decode(files), options);
      assert.equal([...files.keys()].at(-1), 'index.json');
      for (const [name, bytes] of files) {
        if (name === 'index.json') continue;
        assert.equal(/-([0-9a-f]{12})\./.exec(name)![1], (await sha256(bytes)).slice(0, 12));
        if (name.startsWith('similar'))
          assert.ok(bytes.length <= 10_000, `${name} has ${bytes.length} bytes`);
      }
    }
  });
}

test('odd names, long ones, and names that are only nearly the same', async () => {
  const long = Array.from({ length: 12 }, (_, i) => {
    const random = seeded(i);
    return Array.from({ length: 4000 }, () => String.fromCharCode(97 + 26 * random())).join('');
  });
  const names = [...oddNames, ...long, 'x'.repeat(4096), `${'x'.repeat(4095)}y`];
  const made = madePictures(names.length, 16, { id: (row) => names[row]! });
  const options = { ...made, k: 12, ...site };
  const decoded = decode(await encodeAll(options));
  // Cards of 4 kB leave a part when it is full: what is not there comes from records.
  for (const part of decoded.parts) for (const list of part.pictures) assert.equal(list[2].length, 12);
  checkAll({ ...decoded, entry: { ...decoded.entry, whole: 0 } }, options);
  for (const [name, bytes] of decoded.files) {
    if (name.startsWith('similar')) assert.ok(bytes.length <= 10_000, `${name} has ${bytes.length} bytes`);
  }
});

test('the same pictures give the same bytes, in whatever order they and their properties come', async () => {
  const made = madePictures(200, 24, { seed: 5 });
  const options: EncodeOptions = { ...made, k: 30, ...site, search };
  const wanted = await encodeAll(options);
  const random = seeded(11);
  const order = [...made.pictures.keys()].map((at) => ({ at, key: random() })).sort((a, b) => a.key - b.key);
  const vectors = new Float32Array(made.vectors.length);
  const pictures = order.map(({ at }, i) => {
    vectors.set(made.vectors.subarray(at * 24, (at + 1) * 24), i * 24);
    const { record, aliases } = made.pictures[at]!;
    const turned = Object.fromEntries(Object.entries(record).reverse()) as unknown as typeof record;
    turned.places = record.places.map(
      (place) => Object.fromEntries(Object.entries(place).reverse()) as unknown as typeof place,
    );
    return { record: turned, aliases: [...aliases].reverse() };
  });
  assert.deepEqual(await encodeAll({ ...options, pictures, vectors }), wanted);
});

test('labels are cut within characters, pages lose index.html, places may be missing', async () => {
  const made = madePictures(4, 8, { id: (row) => `${row}.jpg` });
  const [a, b, c, e] = made.pictures.map(({ record }) => record);
  a!.places = [{ page: 'index.html', alt: '🦊'.repeat(200) }];
  b!.places = [{ page: 'blog/index.html', alt: '', caption: '<b>bold</b>', title: 'x' }];
  c!.places = [];
  e!.places = [{ page: 'myindex.html', title: 'a'.repeat(121) }];
  a!.small = '';
  const { parts, records } = decode(await encodeAll({ ...made, k: 3, ...site }));
  const cards = parts[0]!.cards;
  assert.deepEqual(
    cards.map((card) => card[6]),
    ['', 'blog/', '2.jpg', 'myindex.html'],
  );
  assert.deepEqual(
    cards.map((card) => card[5]),
    [`${'🦊'.repeat(119)}…`, '<b>bold</b>', '', `${'a'.repeat(119)}…`],
  );
  assert.equal(cards[0]![2], '');
  assert.deepEqual(records[0]!.places, a!.places);
});

test('a path of several pictures leads to the first, and a picture is no alias', async () => {
  const made = madePictures(3, 8, { id: (row) => `${row}.jpg` });
  const [a, b, c] = made.pictures as [StaticPicture, StaticPicture, StaticPicture];
  a.aliases = ['both.webp', '2.jpg', 'both.webp'];
  b.aliases = ['both.webp', 'only.webp'];
  c.aliases = [];
  const options = { ...made, k: 2, ...site };
  const decoded = decode(await encodeAll(options));
  checkAll(decoded, options);
  assert.deepEqual(
    decoded.parts[0]!.pictures.map(([, aliases]) => aliases),
    [['both.webp'], ['only.webp'], []],
  );
});

test('codes and rows: an index of them answers as the vectors do', async () => {
  const [n, d] = [4097 + 130, 8];
  const options: EncodeOptions = { ...madePictures(n, d), k: 1, ...site, search };
  const { vectors } = sorted(options);
  const { search: found, files } = decode(await encodeAll(options));
  assert.deepEqual(
    { ...found!, codes: [], rows: [] },
    { dimension: d, count: n, ...search, codes: [], rows: [] },
  );
  assert.deepEqual(
    found!.codes.map(({ rows }) => rows),
    [4096, 131],
  );
  assert.equal(found!.rows.length, Math.ceil(n / 128));
  for (const { file, bytes, sha256: hash, crc32 } of [...found!.codes, ...found!.rows]) {
    const there = files.get(file)!;
    assert.deepEqual([there.length, await sha256(there), crc32ByTable(there)], [bytes, hash, crc32]);
  }
  const all = found!.rows.flatMap(({ file }) =>
    Array.from(new Float32Array(files.get(file)!.slice().buffer)),
  );
  assert.deepEqual(Float32Array.from(all), vectors);
  const index = await FlatIndex.create({
    dimension: d,
    rows: {
      read: (numbers) =>
        Float32Array.from(
          Array.from(numbers).flatMap((row) => Array.from(vectors.subarray(row * d, (row + 1) * d))),
        ),
    },
  });
  let row = 0;
  for (const { file, rows } of found!.codes) {
    const bytes = inflateSync(files.get(file)!);
    const panels = bytes.length - 4 * rows;
    index.addQuantised(bytes.subarray(0, panels), rows);
    const view = new DataView(bytes.buffer, bytes.byteOffset + panels);
    for (let i = 0; i < rows; i++, row++) {
      const values = new Uint8Array(vectors.buffer, row * d * 4, d * 4);
      assert.equal(view.getUint32(4 * i, true), crc32ByTable(values));
    }
  }
  const query = vectors.slice(70 * d, 71 * d);
  const { rows, distances } = await index.search(query, 40);
  const wanted = oracle(vectors, query, 40);
  assert.deepEqual([Array.from(rows), Array.from(distances)], [wanted.rows, wanted.distances]);
  index.close();
});

test('progress is told, a signal ends it, wrong input is refused by name', async () => {
  const made = madePictures(40, 8);
  const options: EncodeOptions = { ...made, k: 5, ...site, search };
  const told: string[] = [];
  await encodeAll({
    ...options,
    onProgress: ({ phase, done, total }) => told.push(`${phase} ${done}/${total}`),
  });
  assert.deepEqual(told, ['neighbours 40/40', 'lists 40/40', 'search 40/40']);
  for (const phase of ['neighbours', 'lists', 'search']) {
    const control = new AbortController();
    const aborted = encodeAll({
      ...options,
      signal: control.signal,
      onProgress: (progress) => {
        if (progress.phase === phase) control.abort(new Error(`no more ${phase}`));
      },
    });
    await assert.rejects(aborted, { message: `no more ${phase}` });
  }
  const twice = [made.pictures[0]!, ...made.pictures.slice(1, 39), made.pictures[0]!];
  const named = (id: unknown): StaticPicture[] => [
    { record: { ...made.pictures[0]!.record, id: id as string }, aliases: [] },
    ...made.pictures.slice(1),
  ];
  for (const [wrong, message] of [
    [{ pictures: twice }, /Two pictures have the id "photos\/0.jpg"/],
    [{ pictures: named('') }, /id is ""/],
    [{ pictures: named('\ud800') }, /id is /],
    [{ pictures: named(7) }, /id is 7/],
    [{ vectors: made.vectors.subarray(1) }, /vectors .* 40 × 8 values/],
    [{ k: 0 }, /k is 0/],
    [{ dimension: 1.5 }, /dimension is 1.5/],
    [{ vectors: made.vectors.map((x, i) => (i === 9 ? Number.NaN : x)) }, /NaN/],
  ] as const) {
    await assert.rejects(encodeAll({ ...options, ...wrong }), {
      name: 'LikenessError',
      code: 'bad-argument',
      message,
    });
  }
});
