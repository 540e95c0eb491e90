import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import { encodeNpy, parseNpy } from '../../../src/knn/npy.ts';
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
