import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Camera,
  cellWidth,
  type Frame,
  maxZoomOf,
  panned,
  toMap,
  toWindow,
  whole,
  zoomed,
} from '../../../page/state/camera.ts';
import { alongCurve } from '../../../page/state/curve.ts';
import { cellRatio, spread } from '../../../page/state/spread.ts';
import { seeded } from '../../support/random.ts';

const frame: Frame = { width: 800, height: 500, bounds: { left: 0, top: 0, right: 1.5, bottom: 1 } };

test('the whole map is in the window, in the middle', () => {
  const camera = whole(frame);
  for (const [x, y] of [
    [0, 0],
    [1.5, 1],
  ] as const) {
    const at = toWindow(frame, camera, { x, y });
    assert.ok(at.x >= 0 && at.x <= 800 && at.y >= 0 && at.y <= 500, JSON.stringify(at));
  }
  const { x, y } = toWindow(frame, camera, { x: 0.75, y: 0.5 });
  assert.deepEqual([Math.round(x), Math.round(y)], [400, 250]);
});

test('what is under the pointer stays there while the map is magnified', () => {
  const random = seeded(3);
  let camera: Camera = whole(frame);
  for (let step = 0; step < 50; step++) {
    const at = { x: 200 + 400 * random(), y: 150 + 200 * random() };
    const before = toMap(frame, camera, at);
    camera = zoomed(frame, camera, at, step < 30 ? 1.2 : 1.05, 1000);
    const after = toMap(frame, camera, at);
    assert.ok(Math.hypot(after.x - before.x, after.y - before.y) < 1e-9);
  }
});

test('the middle of the window stays on the map, and the zoom within its bounds', () => {
  let camera = whole(frame);
  camera = panned(frame, camera, { x: 1e6, y: -1e6 }, 20);
  assert.deepEqual([camera.x, camera.y], [0, 1]);
  assert.equal(zoomed(frame, camera, { x: 0, y: 0 }, 1e9, 20).zoom, 20);
  assert.equal(zoomed(frame, camera, { x: 0, y: 0 }, 1e-9, 20).zoom, 1);
  const moved = panned(frame, { x: 0.5, y: 0.5, zoom: 4 }, { x: 10, y: 0 }, 20);
  const by = toWindow(frame, moved, { x: 0.5, y: 0.5 });
  assert.deepEqual([Math.round(by.x), Math.round(by.y)], [410, 250]);
});

test('pictures grow with the map up to a size that can be looked at', () => {
  const count = 5000;
  const most = maxZoomOf(frame, count);
  assert.ok(cellWidth(frame, 1, count) < 15);
  assert.equal(cellWidth(frame, most, count), cellWidth(frame, 2 * most, count));
  assert.ok(cellWidth(frame, most, count) > 200);
  assert.ok(maxZoomOf(frame, 1) >= 2);
  assert.ok(Number.isFinite(cellWidth({ width: 0, height: 0, bounds: frame.bounds }, 1, 0)));
});

test('along the curve neighbours follow each other: each step goes to the cell beside', () => {
  const side = 32;
  const cells = Array.from({ length: side * side }, (_, n) => ({ x: n % side, y: Math.floor(n / side) }))
    .map(({ x, y }) => ({ x, y, at: alongCurve((x + 0.5) / side, (y + 0.5) / side) }))
    .sort((a, b) => a.at - b.at);
  for (const [n, cell] of cells.slice(1).entries()) {
    const before = cells[n]!;
    assert.equal(Math.abs(cell.x - before.x) + Math.abs(cell.y - before.y), 1);
  }
  assert.ok(Number.isFinite(alongCurve(2, -1)));
});

/** Clusters in the plane: x, y, x, y … */
function clustered(count: number): Float32Array {
  const random = seeded(11);
  const middles = Array.from({ length: 8 }, () => [random(), random()] as const);
  return Float32Array.from({ length: 2 * count }, (_, i) => {
    const middle = middles[(i >> 1) % 8]!;
    return middle[i & 1]! + 0.04 * (random() - 0.5);
  });
}

test('spread points have cells of their own, within the rectangle, of about one shape', () => {
  for (const aspect of [0.5, 1, 2.2]) {
    const count = 400;
    const cells = cellsOf(spread(clustered(count), aspect));
    for (const [a, one] of cells.entries()) {
      assert.ok(one.left > -1e-5 && one.right < aspect + 1e-5 && one.top > -1e-5 && one.bottom < 1 + 1e-5);
      const shape = (one.right - one.left) / (one.bottom - one.top) / cellRatio;
      assert.ok(shape > 0.3 && shape < 3.3, `${shape}`);
      for (const other of cells.slice(a + 1)) {
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        assert.ok(across < 1e-5 || down < 1e-5, 'no cell lies over another');
      }
    }
  }
});

const cellsOf = (cells: Float32Array) =>
  Array.from({ length: cells.length / 4 }, (_, n) => {
    const [x, y, width, height] = cells.subarray(4 * n, 4 * n + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
  });

test('spread points keep their neighbours: those of a cluster stay together', () => {
  const count = 400;
  const cells = spread(clustered(count), 1.5);
  const away = (a: number, b: number): number =>
    Math.hypot(cells[4 * a]! - cells[4 * b]!, cells[4 * a + 1]! - cells[4 * b + 1]!);
  let kept = 0;
  for (let a = 0; a < count; a++) {
    const nearest = Array.from({ length: count }, (_, b) => b)
      .filter((b) => b !== a)
      .sort((b, c) => away(a, b) - away(a, c))
      .slice(0, 8);
    kept += nearest.filter((b) => b % 8 === a % 8).length / 8;
  }
  assert.ok(kept / count > 0.8, `${kept / count} of the neighbours are of the same cluster`);
});

test('none, one, and equal points', () => {
  assert.deepEqual(spread([], 1), new Float32Array());
  assert.deepEqual([...spread([0.3, 0.7], 2)], [1, 0.5, 2, 1]);
  const equal = spread(new Float32Array(20).fill(0.5), 1);
  const distinct = new Set(Array.from({ length: 10 }, (_, n) => `${equal[4 * n]} ${equal[4 * n + 1]}`));
  assert.equal(distinct.size, 10);
});
