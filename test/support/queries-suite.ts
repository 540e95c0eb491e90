// Queries of several pictures and of parts of one, pages and histograms: the same in this process and through a worker.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageSearch as Search } from '../../src/api/image-search.node.ts';
import type { Hit, Pixels, Progress, Query, QueryPart } from '../../src/types.ts';
import { takenOf } from './odd-values.ts';
import { picture } from './pictures.ts';
import { seeded } from './random.ts';

interface Library {
  ImageSearch: { open(): Promise<Search> };
}

const d = 512;

/** Features of length 1: some values are 0, as behind a ReLU. */
function vector(seed: number): Float32Array {
  const random = seeded(seed);
  const values = Float32Array.from({ length: d }, () => Math.max(0, random() - 0.4));
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

const pixels = (seed: number, width = 60, height = 40): Pixels => ({
  width,
  height,
  rgba: picture('photo', seed, width, height),
  mode: 'RGB',
});

/** The pixels of a region, copied one by one. */
function part({ width, rgba }: Pixels, x: number, y: number, w: number, h: number): Pixels {
  const cut = new Uint8Array(w * h * 4);
  for (let i = 0; i < cut.length; i++) {
    const [row, column, channel] = [Math.floor(i / (4 * w)), Math.floor(i / 4) % w, i % 4];
    cut[i] = rgba[((y + row) * width + x + column) * 4 + channel]!;
  }
  return { width: w, height: h, rgba: cut, mode: 'RGB' };
}

/** Rocchio's formula, written out in float64. */
function combined(pictures: readonly [vector: Float32Array, weight: number][]): Float32Array {
  const q = new Float64Array(d);
  for (const sign of [1, -1]) {
    const side = pictures.filter(([, weight]) => weight * sign > 0);
    for (const [x, weight] of side) {
      const norm = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
      for (let j = 0; j < d; j++) q[j]! += (weight * x[j]!) / norm / side.length;
    }
  }
  const norm = Math.hypot(...q);
  return Float32Array.from(q, (value) => value / norm);
}

const ids = (hits: readonly Hit[]): string[] => hits.map(({ id }) => id);

function same(hits: readonly Hit[], wanted: readonly Hit[], what: string): void {
  assert.deepEqual(ids(hits), ids(wanted), what);
  for (const [at, { distance }] of hits.entries()) {
    assert.ok(Math.abs(distance - wanted[at]!.distance) < 1e-6, `${what}: ${distance}`);
  }
}

async function opened({ ImageSearch }: Library, count: number): Promise<Search> {
  const search = await ImageSearch.open();
  await search.add(Array.from({ length: count }, (_, n) => ({ id: `p${n}`, vector: vector(n) })));
  return search;
}

/** How many pictures the network saw. */
async function extracted(
  call: (onProgress: (progress: Progress) => void) => Promise<unknown>,
): Promise<number> {
  let count = 0;
  await call(({ phase, done }) => {
    if (phase === 'extract') count = done;
  });
  return count;
}

export function queriesSuite(library: Library): void {
  test('several pictures make one query by Rocchio’s formula; those of the index are not extracted, nor found', async () => {
    const search = await opened(library, 40);
    const image = pixels(1);
    const other = await search.extract(image);
    const scaled = vector(60).map((value) => 7 * value);
    const cases: [parts: QueryPart[], vectors: [Float32Array, number][], extractions: number][] = [
      [
        [{ id: 'p3' }, { id: 'p5', weight: 1 }],
        [
          [vector(3), 1],
          [vector(5), 1],
        ],
        0,
      ],
      [
        [{ id: 'p3' }, { id: 'p5', weight: -0.5 }],
        [
          [vector(3), 1],
          [vector(5), -0.5],
        ],
        0,
      ],
      [
        [{ id: 'p3', weight: 3 }, { vector: scaled }, { id: 'p5', weight: -0.2 }, { id: 'p6', weight: -2 }],
        [
          [vector(3), 3],
          [scaled, 1],
          [vector(5), -0.2],
          [vector(6), -2],
        ],
        0,
      ],
      [
        [{ image, weight: -1 }, { id: 'p9' }],
        [
          [other, -1],
          [vector(9), 1],
        ],
        1,
      ],
      [
        [{ image }, { image, weight: 1e308 }, { id: 'p9', weight: 1e308 }],
        [
          [other, 0],
          [other, 1],
          [vector(9), 1],
        ],
        2,
      ],
    ];
    for (const [parts, vectors, extractions] of cases) {
      const named = parts.flatMap((each) => ('id' in each ? each.id : []));
      const name = JSON.stringify(parts.map(({ weight, ...rest }) => [Object.keys(rest), weight]));
      let hits: Hit[] = [];
      const seen = await extracted(async (onProgress) => {
        hits = await search.query(parts, { k: 12, onProgress });
      });
      assert.equal(seen, extractions, name);
      const query = name.includes('1e+308')
        ? combined([
            [other, 1 / 3],
            [vector(9), 1 / 3],
          ])
        : combined(vectors);
      const wanted = await search.query(query, { k: 12, exclude: named });
      assert.equal(wanted.length, 12);
      same(hits, wanted, name);
      const many = await search.queryMany([vector(1), parts, { id: 'p2' }, new Set(parts)], { k: 12 });
      assert.deepEqual(many[1], hits, name);
      assert.deepEqual(many[3], hits, name);
      assert.deepEqual(many[0], await search.query(vector(1), { k: 12 }));
      assert.deepEqual(many[2], await search.query(vector(2), { k: 12, exclude: ['p2'] }));
    }
    const all = await search.query([{ id: 'p0' }, { id: 'p1' }], { k: 99, exclude: ['p2'], maxDistance: 2 });
    assert.equal(all.length, 37);
    const few = { k: 99, filter: ['p0', 'p7', 'p8'] };
    assert.deepEqual(ids(await search.query([{ id: 'p0' }, { id: 'p1' }], few)).sort(), ['p7', 'p8']);
    await search.close();
  });

  test('a query of several pictures is what was given at the call', async () => {
    const search = await opened(library, 12);
    const image = pixels(2);
    const region = { x: 1, y: 2, width: 20, height: 30 };
    const parts = [
      { vector: vector(1), weight: 1 },
      { image, region, weight: -0.3 },
      { id: 'p4', weight: 2 },
    ];
    const wanted = await search.query(parts);
    const asking = search.query(parts);
    const counting = search.distances(parts, { bins: 3 });
    parts[0]!.weight = 9;
    parts[0]!.vector!.fill(0);
    region.x = 30;
    image.rgba.fill(0);
    parts[2]!.id = 'p5';
    parts.length = 1;
    assert.deepEqual(await asking, wanted);
    const { counts } = await counting;
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      11,
    );
    await search.close();
  });

  test('what cannot be a query is refused by a sentence that says why', async () => {
    const search = await opened(library, 5);
    const bad = 'bad-argument';
    const a = { id: 'p1' };
    const wrong: [query: unknown, message: RegExp, code?: string][] = [
      [[], /no pictures; .* list of/],
      [[{ ...a, weight: -1 }], /no picture with a weight above 0/],
      [[a, { ...a, weight: -1 }], /The pictures of the query cancel each other out/],
      [[{ id: 'p2' }, { vector: vector(2), weight: -1 }], /cancel each other/],
      [[a, { vector: new Float32Array(d) }], /a picture \(1, counted from 0\) whose features are all 0/],
      [[a, { id: 'nobody' }], /No picture with the id "nobody"/, 'not-found'],
      [{ id: 'nobody' }, /No picture with the id "nobody"/, 'not-found'],
      [{ id: 'say "so"' }, /No picture with the id "say \\"so\\"" is/, 'not-found'],
      [
        { id: 'x'.repeat(9999) },
        /^No picture with the id "x{100}…" is in the index; add it first\.$/,
        'not-found',
      ],
      [[a, { image: new Blob(['no picture']) }], /^Picture 1: /, 'bad-image'],
      [[a, { vector: Float32Array.of(1) }], /^Picture 1: .*has 1 values/],
      [[a, { vector: [1, 2] }], /has to be a Float32Array/],
      [[a, 'p2'], /Picture 1 of the query is "p2"; .*list of/],
      [[a, {}], /Picture 1 of the query is an object/],
      [[a, { id: 'p2', vector: vector(1) }], /more than one of image, vector and id/],
      [[a, { id: undefined }], /none of image, vector and id/],
      [[a, { id: 7 }], /The id of picture 1 of the query is 7/],
      [[a, { ...a, region: { x: 0, y: 0, width: 1, height: 1 } }], /region .* left out/],
      ...[0, Number.NaN, Number.POSITIVE_INFINITY, '1', null, 1n].map((weight): [unknown, RegExp] => [
        [a, { id: 'p2', weight }],
        /weight of picture 1 .* finite number, not 0/,
      ]),
    ];
    for (const [query, message, code = bad] of wrong) {
      const refused = { name: 'LikenessError', code, message };
      await assert.rejects(search.query(query as Query), refused, String(message));
      await assert.rejects(search.distances(query as Query), refused, String(message));
    }
    const cancelled = [vector(1), [a, { ...a, weight: -1 }]];
    await assert.rejects(search.queryMany(cancelled), { code: bad, message: /pictures of query 1 cancel/ });
    const broken = [a, [a, { image: new Blob(['no picture']) }]];
    await assert.rejects(search.queryMany(broken), { code: 'bad-image', message: /^Query 1: Picture 1: / });
    await takenOf('a part', (odd) => search.query([a, odd]), bad);
    for (const name of ['image', 'vector', 'id', 'weight', 'region']) {
      // An image may not be found, or be none.
      await takenOf(name, (odd) => search.query([a, { image: pixels(1), [name]: odd }] as never));
    }
    assert.deepEqual(await takenOf('region', (odd) => search.query(pixels(1), { region: odd }), bad), [
      'undefined',
    ]);
    // `condition && { meta }` gives one of these; none of them may mean every picture, or none.
    for (const odd of [null, false, 0, ''])
      await assert.rejects(search.query(a, { filter: odd as never }), {
        code: bad,
        message: /^filter .*meta.*function.* got (null|false|0|"")\.$/,
      });
    assert.deepEqual(await takenOf('offset', (odd) => search.query(a, { offset: odd }), bad), [
      'undefined',
      'zero',
      'five',
    ]);
    assert.deepEqual(await takenOf('bins', (odd) => search.distances(a, { bins: odd }), bad), [
      'undefined',
      'five',
    ]);
    assert.deepEqual(await takenOf('edges', (odd) => search.distances(a, { edges: odd }), bad), [
      'undefined',
      'list of numbers',
    ]);
    await assert.rejects(search.distances(a, { bins: 2, edges: [0, 1] }), {
      code: bad,
      message: /bins is 2/,
    });
    await search.close();
  });

  test('a region of a picture counts as the picture that was cut out', async () => {
    const search = await opened(library, 30);
    const image = pixels(3);
    const regions: [x: number, y: number, width: number, height: number][] = [
      [0, 0, 60, 40],
      [7, 5, 33, 21],
      [59, 39, 1, 1],
      [0, 20, 60, 1],
    ];
    for (const [x, y, width, height] of regions) {
      const region = { x, y, width, height };
      const cut = part(image, x, y, width, height);
      assert.deepEqual(await search.extract(image, { region }), await search.extract(cut));
      const wanted = await search.query(cut);
      assert.deepEqual(await search.query(image, { region }), wanted);
      assert.deepEqual(await search.query({ image, region }), wanted);
      assert.deepEqual(
        (await search.queryMany([image, cut], { region: { ...region, x: 0, y: 0 } })).length,
        2,
      );
      const two = [
        { image, region },
        { id: 'p4', weight: -0.4 },
      ];
      assert.deepEqual(await search.query(two), await search.query([{ image: cut }, two[1]!] as QueryPart[]));
    }
    const outside = [
      { x: 1, y: 0, width: 60, height: 40 },
      { x: 0, y: 40, width: 1, height: 1 },
      { x: 0, y: 0, width: 2 ** 40, height: 1 },
    ];
    for (const region of outside) {
      const refused = { code: 'bad-argument', message: /leads out of the picture, which is 60 × 40 pixels/ };
      await assert.rejects(search.query(image, { region }), refused);
      await assert.rejects(search.extract(image, { region }), refused);
    }
    const good = { x: 0, y: 0, width: 1, height: 1 };
    for (const odd of [{ x: -1 }, { y: 0.5 }, { width: 0 }, { height: undefined }]) {
      const region = { ...good, ...odd } as typeof good;
      const message = new RegExp(`region\\.${Object.keys(odd)[0]} is`);
      await assert.rejects(search.query(image, { region }), { code: 'bad-argument', message });
      await assert.rejects(search.extract(image, { region }), { code: 'bad-argument', message });
    }
    for (const query of [vector(1), { id: 'p1' }, [{ image }]] as Query[]) {
      await assert.rejects(search.query(query, { region: good }), {
        code: 'bad-argument',
        message: /region is for/,
      });
    }
    await search.close();
  });

  test('pages of results follow one another, pictures at one distance too', async () => {
    const search = await library.ImageSearch.open();
    // Three of each.
    await search.add(Array.from({ length: 60 }, (_, n) => ({ id: `p${n}`, vector: vector(n % 20) })));
    for (const query of [vector(5), [{ id: 'p5' }, { id: 'p7', weight: -0.5 }], { id: 'p20' }] as Query[]) {
      for (const options of [{}, { maxDistance: 1 }, { exclude: ['p25', 'p26'] }]) {
        const all = await search.query(query, { ...options, k: 1000 });
        for (const k of [1, 7, 60]) {
          const pages: Hit[] = [];
          for (let offset = 0; offset < 60; offset += k) {
            pages.push(...(await search.query(query, { ...options, k, offset })));
          }
          assert.deepEqual(pages, all, `pages of ${k}`);
        }
      }
    }
    assert.deepEqual(await search.query(vector(5), { offset: 60 }), []);
    assert.deepEqual(await search.query(vector(5), { offset: Number.MAX_VALUE }), []);
    const many = await search.queryMany([vector(1), { id: 'p2' }], { k: 3, offset: 4 });
    const wanted = [await search.query(vector(1), { k: 7 }), await search.query({ id: 'p2' }, { k: 7 })];
    assert.deepEqual(
      many,
      wanted.map((hits) => hits.slice(4)),
    );
    await search.close();
  });

  test('distances are counted, all of them, exactly', async () => {
    const count = 9000;
    const search = await library.ImageSearch.open();
    assert.deepEqual(await search.distances(vector(1), { bins: 2 }), {
      edges: [0, 1, 2],
      counts: [0, 0],
      below: 0,
      above: 0,
    });
    const random = seeded(8);
    const rows = Array.from({ length: count }, () => Float32Array.from({ length: d }, () => random() / 12));
    await search.add(rows.map((row, n) => ({ id: `p${n}`, meta: { even: n % 2 === 0 }, vector: row })));
    const query = rows[7]!;
    const distances = rows.map((row) => {
      let squared = 0;
      for (let j = 0; j < d; j++) squared += (row[j]! - query[j]!) ** 2;
      return Math.sqrt(squared);
    });
    const sorted = distances.toSorted((a, b) => a - b);
    const edges = [sorted[1]!, sorted[10]!, sorted[500]!, sorted[501]!, sorted[8000]!];
    assert.deepEqual(await search.distances(query, { edges }), {
      edges,
      counts: [9, 490, 1, 7500],
      below: 1,
      above: 999,
    });
    const { counts, ...bins } = await search.distances({ id: 'p7' }, { bins: 7 });
    assert.deepEqual([bins.below, bins.above, bins.edges[0], bins.edges[7]], [0, 0, 0, sorted.at(-1)]);
    for (const [n, bin] of counts.entries()) {
      const [low, high] = [bins.edges[n]!, bins.edges[n + 1]!];
      const inside = distances.filter((each, at) => at !== 7 && each >= low && (each < high || n === 6));
      assert.equal(bin, inside.length, `bin ${n}`);
    }
    const filters = [
      { meta: { even: true } },
      (_: string, meta: unknown) => (meta as { even: boolean }).even,
      rows.flatMap((_, n) => (n % 2 === 0 ? `p${n}` : [])),
    ];
    for (const filter of filters) {
      const some = await search.distances(query, { edges: [0, 2], filter, exclude: ['p2', 'nobody'] });
      assert.deepEqual(some.counts, [count / 2 - 1]);
    }

    const told: number[] = [];
    const onProgress = ({ phase, done, total }: Progress): void => {
      assert.deepEqual([phase, total], ['compare', count]);
      told.push(done);
    };
    await search.distances(query, { onProgress });
    assert.ok(told.length > 1 && told.at(-1) === count, String(told));
    const reason = new Error('enough');
    const control = new AbortController();
    const stop = { signal: control.signal, onProgress: () => control.abort(reason) };
    await assert.rejects(search.distances(query, stop), reason);
    await assert.rejects(search.distances(query, { signal: AbortSignal.abort(reason) }), reason);
    const thrown = new Error('in onProgress');
    const throwing = (): never => {
      throw thrown;
    };
    await assert.rejects(search.distances(query, { onProgress: throwing }), thrown);
    await search.close();
    await assert.rejects(search.distances(query), { code: 'closed' });
  });

  test('a map has a place for each picture, the same each time; what is alike is side by side', async () => {
    const search = await library.ImageSearch.open();
    // Picture n is of group n % 5.
    const rows = Array.from({ length: 80 }, (_, n) =>
      combined([
        [vector(n % 5), 1],
        [vector(100 + n), 0.5],
      ]),
    );
    await search.add(rows.map((row, n) => ({ id: `p${n}`, vector: row })));
    const phases = new Set<string>();
    const map = await search.map({ onProgress: ({ phase }) => phases.add(phase) });
    assert.ok(phases.has('compare') && phases.has('layout'));
    assert.deepEqual(
      map.ids,
      rows.map((_, n) => `p${n}`),
    );
    assert.equal(map.coordinates.length, 160);
    assert.ok(map.coordinates.every((value) => value >= 0 && value <= 1));
    const between = (n: number, m: number): number =>
      Math.hypot(...[0, 1].map((i) => map.coordinates[2 * n + i]! - map.coordinates[2 * m + i]!));
    for (const n of rows.keys()) {
      const others = [...rows.keys()].filter((m) => m !== n).sort((x, y) => between(n, x) - between(n, y));
      assert.equal(others[0]! % 5, n % 5, `p${n}`);
    }
    assert.deepEqual(await search.map(), map);
    const reason = new Error('enough');
    const control = new AbortController();
    const aborted = search.map({ signal: control.signal, onProgress: () => control.abort(reason) });
    await assert.rejects(aborted, (error) => error === reason);
    await assert.rejects(search.map({ neighbours: 0 }), { code: 'bad-argument' });
    await search.close();
  });
}
