import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colours, heatPixels, pixelsPerCell } from '../../../page/state/heat.ts';

const pixel = (
  { width, rgba }: { width: number; rgba: Uint8ClampedArray },
  x: number,
  y: number,
): number[] => [...rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];

test('the largest value has the brightest colour, 0 the darkest, between them it changes evenly', () => {
  const map = heatPixels({ columns: 2, rows: 1, values: [0, 0.3] })!;
  assert.deepEqual([map.width, map.height], [2 * pixelsPerCell, pixelsPerCell]);
  assert.deepEqual(pixel(map, 0, 0), [...colours[0]!, 255]);
  assert.deepEqual(pixel(map, map.width - 1, map.height - 1), [...colours.at(-1)!, 255]);
  const blues = Array.from({ length: map.width }, (_, x) => pixel(map, x, 3)[0]!);
  assert.deepEqual(
    blues.toSorted((a, b) => a - b),
    blues,
  );
  assert.ok(new Set(blues).size > 10);
});

test('rows come from the top, columns from the left', () => {
  const map = heatPixels({ columns: 3, rows: 2, values: [0, 0, 0, 0, 0, 1] })!;
  const end = [map.width - 1, map.height - 1] as const;
  assert.deepEqual(pixel(map, ...end), [...colours.at(-1)!, 255]);
  for (const [x, y] of [
    [0, 0],
    [end[0], 0],
    [0, end[1]],
  ] as const)
    assert.deepEqual(pixel(map, x, y), [...colours[0]!, 255]);
});

test('where no place stands out there is no map', () => {
  assert.equal(heatPixels({ columns: 2, rows: 2, values: [0, 0, 0, 0] }), undefined);
  assert.equal(heatPixels({ columns: 1, rows: 1, values: [Number.NaN] }), undefined);
  const one = heatPixels({ columns: 1, rows: 1, values: new Float32Array([1e-30]) })!;
  assert.deepEqual(pixel(one, 5, 5), [...colours.at(-1)!, 255]);
});

test('the colours grow brighter, as grey, too', () => {
  const greys = colours.map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
  assert.deepEqual(
    greys.toSorted((a, b) => a - b),
    greys,
  );
});
