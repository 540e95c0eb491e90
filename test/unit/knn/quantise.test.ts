import assert from 'node:assert/strict';
import { test } from 'node:test';
import { squaredDistance } from '../../../src/knn/js/distances.ts';
import {
  placeInBlock,
  quantiseRow,
  rowsPerBlock,
  statisticsPerRow,
} from '../../../src/knn/webgpu/quantise.ts';
import { kinds } from '../../support/knn-kinds.ts';
import { seeded } from '../../support/random.ts';

/** What quantised-bounds.wgsl computes, in float64 and without its allowances. */
function bounds(
  query: Float32Array,
  codes: Uint8Array,
  statistics: Float32Array,
): { lower: number; upper: number } {
  const [inverse, length, offset, error, squares] = statistics as unknown as number[];
  let inner = 0;
  let squared = 0;
  for (const [j, q] of query.entries()) {
    inner += q * (codes[j]! - offset!);
    squared += q * q;
  }
  const along = inner * inverse!;
  const middle = squared + squares! - 2 * length! * along;
  const across = 2 * error! * Math.sqrt(Math.max(0, squared - along * along));
  return { lower: middle - across, upper: middle + across };
}

test('8-bit codes: every distance lies within its bounds, which are close where rows are like features', () => {
  const usual = ['random', 'clustered', 'ReLU-sparse', 'constant', 'ties at rank k', 'far from the origin'];
  for (const kind of usual) {
    for (const d of [1, 3, 64, 513]) {
      const random = seeded(d);
      const rows = kinds[kind]!(40, d, random);
      const queries = kinds[kind]!(5, d, random);
      queries.set(rows.subarray(0, d));
      const codes = new Uint8Array(d);
      const statistics = new Float32Array(statisticsPerRow);
      for (let i = 0; i < 40; i++) {
        const row = rows.subarray(i * d, (i + 1) * d);
        quantiseRow(row, codes, statistics);
        for (let q = 0; q < 5; q++) {
          const query = queries.subarray(q * d, (q + 1) * d);
          const exact = squaredDistance(row, 0, query, 0, d);
          const { lower, upper } = bounds(query, codes, statistics);
          // The statistics are float32.
          const slack = 1e-6 * (Math.hypot(...row) + Math.hypot(...query)) ** 2;
          assert.ok(
            lower <= exact + slack && exact <= upper + slack,
            `${kind}, ${d}: ${lower} ≤ ${exact} ≤ ${upper}`,
          );
          if (kind === 'ReLU-sparse' && d === 513) {
            const size = Math.hypot(...row) * Math.hypot(...query);
            assert.ok(upper - lower < 0.03 * size, `${upper - lower} of ${size}`);
          }
        }
      }
    }
  }
});

test('8-bit codes: a row of zeros has none but zeros, and each row of a block has a place of its own', () => {
  const codes = new Uint8Array(7).fill(9);
  const statistics = new Float32Array(statisticsPerRow);
  quantiseRow(new Float32Array(7), codes, statistics);
  assert.deepEqual(codes, new Uint8Array(7));
  assert.deepEqual(Array.from(statistics.subarray(0, 5)), [0, 0, 0, 0, 0]);
  const places = new Set(Array.from({ length: rowsPerBlock }, (_, row) => placeInBlock(row)));
  assert.equal(places.size, rowsPerBlock);
  // Row 16·t + 4·b + c is byte b of component c of word t.
  assert.equal(placeInBlock(16 * 5 + 4 * 2 + 3), 16 * 5 + 4 * 3 + 2);
});
