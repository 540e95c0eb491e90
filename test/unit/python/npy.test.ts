import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import { encodeNpy, parseNpy, parseNpyMatrix } from '../../../src/python/npy.ts';
import { readFixture } from '../../support/fixture.ts';

const npy = async (name: string) => parseNpy(await readFixture(`npy/${name}`));
const json = async (name: string) => JSON.parse(new TextDecoder().decode(await readFixture(`npy/${name}`)));

describe('parseNpy', () => {
  test('reads what NumPy wrote in every float dtype, byte order, memory order and version', async () => {
    const values: number[] = await json('values.json');
    const names = ['le', 'be'].flatMap((end) =>
      ['f2', 'f4', 'f8'].flatMap((dtype) => ['c', 'f'].map((order) => `${end}-${dtype}-${order}.npy`)),
    );
    for (const name of [...names, 'version-1.npy', 'version-2.npy', 'version-3.npy']) {
      const { shape, data } = await npy(name);
      assert.deepEqual(shape, [3, 4], name);
      assert.deepEqual(Array.from(data), values, name);
    }
  });

  test('reads one, three and no dimensions, nothing at all, and special values', async () => {
    assert.deepEqual(await npy('vector.npy'), { shape: [5], data: Float32Array.of(0, 1, 2, 3, 4) });
    assert.deepEqual(await npy('cube-f.npy'), {
      shape: [2, 3, 4],
      data: Float32Array.from({ length: 24 }, (_, i) => i),
    });
    assert.deepEqual(await npy('scalar.npy'), { shape: [], data: Float32Array.of(2.5) });
    assert.deepEqual(await npy('empty.npy'), { shape: [0, 4], data: new Float32Array(0) });
    assert.deepEqual(Array.from((await npy('special.npy')).data), [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0,
    ]);
  });

  test('reads from the middle of a larger buffer', async () => {
    const bytes = await readFixture('npy/le-f8-c.npy');
    const padded = new Uint8Array(bytes.length + 9);
    padded.set(bytes, 3);
    assert.deepEqual(parseNpy(padded.subarray(3, 3 + bytes.length)), await npy('le-f8-c.npy'));
  });

  test('refuses other files with the reason', async () => {
    const cases: [string, RegExp][] = [
      ['integers.npy', /'<i4'.*wanted float16, float32 or float64/],
      ['complex.npy', /'<c8'/],
      ['objects.npy', /Python objects/],
      ['structured.npy', /structured/],
      ['values.json', /magic/],
    ];
    for (const [name, message] of cases) await assert.rejects(npy(name), { code: 'bad-file', message });
    const whole = await readFixture('npy/le-f4-c.npy');
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => parseNpy(whole.slice(0, length)), { code: 'bad-file' }, `${length} bytes`);
    }
    const longer = new Uint8Array(whole.length + 1);
    longer.set(whole);
    assert.throws(() => parseNpy(longer), { code: 'bad-file', message: /1 bytes after/ });
    const replaced = (from: string, to: string): Uint8Array => {
      const text = String.fromCharCode(...whole).replace(from, to);
      return Uint8Array.from(text, (character) => character.charCodeAt(0) & 255);
    };
    for (const shape of ['(-3, 4), ', '(3, 4.5),', '(99999999999999999, 9),']) {
      const padding = ' '.repeat(Math.max(0, shape.length - '(3, 4), '.length));
      assert.throws(
        () => parseNpy(replaced(`(3, 4), }${padding}`, `${shape}}`)),
        { code: 'bad-file' },
        shape,
      );
    }
    assert.throws(() => parseNpy(replaced('NUMPY\x01', 'NUMPY\x09')), {
      code: 'bad-file',
      message: /version 9/,
    });
  });
});

/** A file with a header of our own; what NumPy here does not write. */
function withHeader(header: string, data: Uint8Array): Uint8Array {
  const start = Math.ceil((header.length + 11) / 64) * 64;
  const bytes = new Uint8Array(start + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (start - 10) & 255, (start - 10) >> 8]);
  bytes.set(new TextEncoder().encode(`${header.padEnd(start - 11)}\n`), 10);
  bytes.set(data, start);
  return bytes;
}

test('parseNpy: sizes as Python 2 wrote them; shapes that no file can hold', () => {
  const six = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
  const header = (shape: string): string => `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
  assert.deepEqual(parseNpy(withHeader(header('(2L, 3L)'), six)), {
    shape: [2, 3],
    data: Float32Array.of(1, 2, 3, 4, 5, 6),
  });
  for (const shape of ['(2, 3', '(-2, -3)', '(2.0, 3)', '(2 3)', '(6e0,)', '(0x6,)', '(,)']) {
    assert.throws(() => parseNpy(withHeader(header(shape), six)), { code: 'bad-file' }, shape);
  }
  const huge = '9'.repeat(400);
  for (const shape of [`(${huge},)`, `(0, ${huge})`, '(4294967296, 4294967296)', '(3000000000,)']) {
    assert.throws(() => parseNpy(withHeader(header(shape), six.subarray(0, 0))), { code: 'bad-file' }, shape);
  }
});

test('parseNpyMatrix takes matrices, as float32, and names what is none', async () => {
  const file = async (name: string): Promise<Uint8Array> => readFixture(`npy/${name}`);
  const wanted = Float32Array.from(await json('values.json'));
  for (const name of ['le-f2-c.npy', 'be-f4-f.npy', 'le-f8-f.npy', 'be-f8-c.npy']) {
    assert.deepEqual(parseNpyMatrix(await file(name), 4), { rows: 3, columns: 4, values: wanted }, name);
  }
  assert.deepEqual(parseNpyMatrix(await file('empty.npy')), {
    rows: 0,
    columns: 4,
    values: new Float32Array(0),
  });
  const refused: [string, RegExp][] = [
    ['vector.npy', /shape \(5\); wanted a matrix/],
    ['scalar.npy', /shape \(\); wanted a matrix/],
    ['cube-f.npy', /shape \(2, 3, 4\); wanted a matrix/],
  ];
  for (const [name, message] of refused) {
    const bytes = await file(name);
    assert.throws(() => parseNpyMatrix(bytes), { code: 'bad-file', message }, name);
  }
  const bytes = await file('le-f4-c.npy');
  assert.throws(() => parseNpyMatrix(bytes, 5), { code: 'bad-file', message: /rows of 4 values; wanted 5/ });
});

test('encodeNpy writes byte for byte what NumPy writes', async () => {
  for (const name of ['le-f4-c.npy', 'version-1.npy', 'vector.npy', 'empty.npy', 'features-c-f4.npy']) {
    const { data, shape } = await npy(name);
    assert.deepEqual(encodeNpy(Float32Array.from(data), shape), await readFixture(`npy/${name}`), name);
  }
  assert.throws(() => encodeNpy(new Float32Array(5), [2, 3]), { code: 'bad-argument' });
});

test('a search over NumPy’s features gives the ids of NumPy’s argsort', async () => {
  const { ids, ids_f2 } = await json('argsort.json');
  for (const backend of ['js', 'wasm'] as const) {
    for (const name of ['features-c-f4', 'features-f-f4', 'features-c-f8', 'features-c-f2']) {
      const { data, shape } = await npy(`${name}.npy`);
      const index = await FlatIndex.create({ dimension: shape[1]!, backend });
      index.add(Float32Array.from(data));
      const wanted = name === 'features-c-f2' ? ids_f2 : ids;
      for (let i = 0; i < wanted.length; i++) {
        const query = Float32Array.from((await npy(`query-${i}.npy`)).data);
        assert.deepEqual(
          Array.from((await index.search(query, 30)).rows),
          wanted[i],
          `${name}, query ${i}, ${backend}`,
        );
      }
      index.close();
    }
  }
});
