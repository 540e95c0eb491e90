// Maps of similarity: the same in this process and through a worker.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageSearch as Search } from '../../src/api/image-search.node.ts';
import type { Pixels, Progress, SimilarityMap } from '../../src/types.ts';
import { takenOf } from './odd-values.ts';
import { picture } from './pictures.ts';
import { seeded } from './random.ts';

interface Library {
  ImageSearch: { open(options?: { backend?: 'wasm' | 'webgpu' }): Promise<Search> };
}

const side = 160;
type Rgb = [number, number, number];

/** A picture whose pixel at (x, y) is `colour(x, y)`. */
function drawn(colour: (x: number, y: number) => Rgb): Pixels {
  const rgba = new Uint8Array(side * side * 4).fill(255);
  for (let i = 0; i < side * side; i++) rgba.set(colour(i % side, Math.floor(i / side)), 4 * i);
  return { width: side, height: side, rgba, mode: 'RGB' };
}

const colours: Record<string, (x: number, y: number) => Rgb> = {
  sky: (x, y) => [110 + x / 8, 150 + y / 8, 210 - y / 8],
  sand: (x, y) => [205 - y / 10, 180 + x / 16, 130 + y / 10],
  grey: (x, y) => [90 + (x + y) / 10, 95 + (x + y) / 10, 90 + (x + y) / 10],
};

const grounds = Object.keys(colours);

/** Side of an object in pixels; its colour at (x, y) within, if it is there. */
const size = 56;
type Drawn = (x: number, y: number) => Rgb | undefined;
const objects: Record<string, Drawn> = {
  target(x, y) {
    const r = Math.hypot(x - size / 2, y - size / 2);
    if (r > size / 2) return undefined;
    return Math.floor(r / 6) % 2 ? [230, 200, 20] : [30, 30, 40];
  },
  ladder: (x, y) => (y % 14 < 6 || x < 10 || x > size - 10 ? [140, 30, 30] : [250, 240, 230]),
};

function scene(ground: string, ...things: [object: string, x: number, y: number][]): Pixels {
  return drawn((x, y) => {
    for (const [object, left, top] of things) {
      const [dx, dy] = [x - left, y - top];
      const colour = dx >= 0 && dy >= 0 && dx < size && dy < size && objects[object]!(dx, dy);
      if (colour) return colour;
    }
    return colours[ground]!(x, y);
  });
}

/** The mean value of the cells whose middle is in a square of the scene, and of all others. */
function means({ columns, rows, values, area }: SimilarityMap, left: number, top: number) {
  const sums = { inside: [0, 0], outside: [0, 0] } as Record<'inside' | 'outside', [number, number]>;
  for (const [cell, value] of values.entries()) {
    const x = area.x + ((cell % columns) + 0.5) * (area.width / columns);
    const y = area.y + (Math.floor(cell / columns) + 0.5) * (area.height / rows);
    const isIn = x > left && y > top && x < left + size && y < top + size;
    const sum = sums[isIn ? 'inside' : 'outside'];
    sum[0] += value;
    sum[1]++;
  }
  return { inside: sums.inside[0] / sums.inside[1], outside: sums.outside[0] / sums.outside[1] };
}

/** Whether the hottest cell touches a square of the scene. */
function isHottest({ columns, rows, values, area }: SimilarityMap, left: number, top: number): boolean {
  const cell = values.indexOf(Math.max(...values));
  const [width, height] = [area.width / columns, area.height / rows];
  const [x, y] = [area.x + (cell % columns) * width, area.y + Math.floor(cell / columns) * height];
  return x + width > left && y + height > top && x < left + size && y < top + size;
}

const places: [x: number, y: number][] = [
  [100, 8],
  [50, 52],
  [8, 98],
];

/** What a network on WebGPU says is what wasm says: the map is computed by the same kernels. */
export async function sameOnWebGpu({ ImageSearch }: Library): Promise<void> {
  const [a, b] = [scene('sky', ['target', 60, 20]), scene('sand', ['target', 60, 20])];
  const gpu = await ImageSearch.open({ backend: 'webgpu' });
  const [first, second] = [await gpu.explain(a, await gpu.extract(b)), await gpu.explain(a, b)];
  assert.deepEqual(second, first);
  assert.ok(isHottest(first, 60, 20));
  await gpu.close();
  const cpu = await ImageSearch.open({ backend: 'wasm' });
  const { values, similarity, ...rest } = await cpu.explain(a, b);
  const { values: ours, similarity: similar, ...others } = first;
  assert.deepEqual(others, rest);
  assert.ok(Math.abs(similar - similarity) < 1e-4);
  for (const [cell, value] of values.entries()) {
    assert.ok(Math.abs(ours[cell]! - value) < 1e-4, `cell ${cell}: ${ours[cell]}, ${value}`);
  }
  await cpu.close();
}

export function explainSuite(library: Library): void {
  const opened = (): Promise<Search> => library.ImageSearch.open({ backend: 'wasm' });

  test('the object that two pictures share is where it was put, on each ground', async () => {
    const search = await opened();
    for (const [at, [x, y]] of places.entries()) {
      const object = Object.keys(objects)[at % 2]!;
      const [ground, other] = [grounds[at % 3]!, grounds[(at + 1) % 3]!];
      const [a, b] = [scene(ground, [object, x, y]), scene(other, [object, x, y])];
      for (const map of [await search.explain(a, b), await search.explain(b, await search.extract(a))]) {
        const { inside, outside } = means(map, x, y);
        const what = `${object} at ${x}, ${y}: ${inside} inside, ${outside} outside`;
        assert.ok(inside > 1.5 * outside, what);
        assert.ok(isHottest(map, x, y), what);
      }
    }
    await search.close();
  });

  test('of two objects the one that the other picture has counts more than for the other’s', async () => {
    const search = await opened();
    const both = scene('grey', ['target', 8, 50], ['ladder', 96, 50]);
    const share = async (object: string): Promise<number> => {
      const map = await search.explain(both, scene('sand', [object, object === 'target' ? 8 : 96, 50]));
      const [left, right] = [means(map, 8, 50).inside, means(map, 96, 50).inside];
      return left / (left + right);
    };
    const [target, ladder] = [await share('target'), await share('ladder')];
    assert.ok(target > 0.5 && ladder < 0.5, `${target}, ${ladder}`);
    await search.close();
  });

  test('a map is of the picture or of its region, and of ids, vectors and several pictures', async () => {
    const search = await opened();
    const a = scene('sky', ['target', 60, 20]);
    const b = scene('sand', ['target', 20, 70], ['ladder', 90, 20]);
    await search.add([
      { id: 'b', image: b },
      { id: 'c', image: scene('grey', ['ladder', 50, 50]) },
    ]);
    const map = await search.explain(a, { id: 'b' });
    assert.deepEqual(await search.explain(a, { id: 'b' }), map, 'the same bits again');
    assert.deepEqual(await search.explain(a, await search.vector('b')), map);
    assert.ok(map.values instanceof Float32Array);
    assert.deepEqual([map.columns, map.rows, map.values.length], [8, 8, 64]);
    assert.deepEqual(map.area, { x: 0, y: 0, width: side, height: side });
    assert.ok(map.values.every((value) => value >= 0 && value <= 2));
    const [hit] = await search.query(a, { filter: ['b'] });
    assert.ok(Math.abs(map.similarity - (1 - hit!.distance ** 2 / 2)) < 1e-4);

    // A region: what was cut out, where it is in the picture.
    const region = { x: 50, y: 10, width: 80, height: 70 };
    const rgba = new Uint8Array(region.width * region.height * 4);
    for (let row = 0; row < region.height; row++) {
      const from = 4 * ((region.y + row) * side + region.x);
      rgba.set(a.rgba.subarray(from, from + 4 * region.width), 4 * row * region.width);
    }
    const cut = { width: region.width, height: region.height, rgba, mode: 'RGB' } as Pixels;
    const part = await search.explain(a, { id: 'b' }, { region });
    const whole = await search.explain(cut, { id: 'b' });
    assert.deepEqual(part.values, whole.values);
    assert.deepEqual(part.area, region);
    assert.deepEqual(whole.area, { x: 0, y: 0, width: region.width, height: region.height });
    const ofPart = await search.explain(a, { image: b, region: { x: 20, y: 70, width: size, height: size } });
    assert.notDeepEqual(ofPart.values, map.values);

    const unlike = await search.explain(b, [{ image: a }, { id: 'c', weight: -0.5 }]);
    assert.ok(unlike.values.every((value) => value >= 0) && unlike.values.some((value) => value > 0));
    assert.ok(unlike.similarity < (await search.explain(b, a)).similarity);
    await search.close();
  });

  test('other calls run meanwhile, progress is told, an abort ends it', async () => {
    const search = await opened();
    const [a, b] = [scene('sky', ['target', 60, 20]), scene('sand', ['target', 20, 70])];
    const told: Progress[] = [];
    const explaining = search.explain(a, b, { onProgress: (progress) => void told.push(progress) });
    await search.add([{ id: 'v', vector: new Float32Array(512).fill(512 ** -0.5) }]);
    assert.equal(await search.has('v'), true);
    await explaining;
    const cells = told.filter(({ phase }) => phase === 'explain');
    assert.deepEqual([cells.at(0)!.done, cells.at(-1)!.done, cells.at(-1)!.total], [0, 64, 64]);

    const reason = new Error('enough');
    await assert.rejects(search.explain(a, b, { signal: AbortSignal.abort(reason) }), reason);
    const stop = new AbortController();
    const aborted = search.explain(a, b, {
      signal: stop.signal,
      onProgress: ({ phase }) => phase === 'explain' && stop.abort(reason),
    });
    await assert.rejects(aborted, reason);
    const thrown = search.explain(a, b, {
      onProgress: () => {
        throw reason;
      },
    });
    await assert.rejects(thrown, reason);
    assert.equal((await search.explain(a, b)).values.length, 64, 'and it goes on');
    await search.close();
    await assert.rejects(search.explain(a, b), { code: 'closed' });
  });

  test('what cannot be explained is refused by name', async () => {
    const search = await opened();
    const a = scene('sky', ['target', 60, 20]);
    const bad = { code: 'bad-argument' };
    await assert.rejects(search.explain(a, { id: 'nobody' }), { code: 'not-found', message: /nobody/ });
    await assert.rejects(search.explain(a, new Float32Array(3)), { ...bad, message: /3 values/ });
    const nan = new Float32Array(512).fill(Number.NaN);
    await assert.rejects(search.explain(a, nan), { ...bad, message: /NaN/ });
    await assert.rejects(search.explain(a, []), { ...bad, message: /no pictures/ });
    await assert.rejects(search.explain(a, undefined as never), bad);
    await assert.rejects(search.explain({ id: 'a' } as never, a), bad);
    await assert.rejects(search.explain(new Blob(['no picture']), a), { code: 'bad-image' });
    await assert.rejects(search.explain(a, new Blob(['no picture'])), { code: 'bad-image' });
    const outside = { x: 150, y: 0, width: 20, height: 20 };
    await assert.rejects(search.explain(a, a, { region: outside }), { ...bad, message: /160 × 160/ });
    assert.deepEqual(
      await takenOf('region', (odd) => search.explain(a, a, { region: odd as never }), 'bad-argument'),
      ['undefined'],
    );
    // The caller's pixels and vectors are what they were at the call.
    const random = seeded(9);
    const vector = Float32Array.from({ length: 512 }, () => random());
    const own = { ...a, rgba: picture('photo', 5, side, side) };
    const before = await search.explain({ ...own, rgba: own.rgba.slice() }, vector.slice());
    const explaining = search.explain(own, vector);
    own.rgba.fill(0);
    vector.fill(0);
    assert.deepEqual(await explaining, before);
    await search.close();
  });
}
