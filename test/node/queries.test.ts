import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { ensurePython } from '../../scripts/python.mjs';
import { histogram } from '../../src/engine/histogram.ts';
import * as library from '../../src/node.ts';
import { queriesSuite } from '../support/queries-suite.ts';
import { seeded } from '../support/random.ts';

queriesSuite(library);

test('bins are those of NumPy’s histogram', () => {
  const random = seeded(4);
  // Rounded, so that many lie on edges.
  const distances = Float64Array.from(
    { length: 5000 },
    (_, n) => Math.round(random() * 160) / (n % 2 ? 80 : 77),
  );
  const edges = [0.25, 0.5, 0.75, 1.5, 1.75];
  const asked = { distances: [...distances], bins: [1, 3, 40, 977], edges };
  const script = `
import json, sys, numpy as np
asked = json.load(sys.stdin)
values = np.array(asked['distances'])
even = [np.histogram(values, bins, (0, values.max())) for bins in asked['bins']]
json.dump([[counts.tolist(), edges.tolist()] for counts, edges in even + [np.histogram(values, asked['edges'])]], sys.stdout)`;
  const answer = execFileSync(ensurePython(), ['-c', script], {
    input: JSON.stringify(asked),
    encoding: 'utf8',
  });
  const wanted: [counts: number[], edges: number[]][] = JSON.parse(answer);
  for (const [at, bins] of [...asked.bins, edges].entries()) {
    const ours = histogram(distances, bins);
    const [counts, theirs] = wanted[at]!;
    if (bins === edges || bins === 1) assert.deepEqual(ours.counts, counts);
    // NumPy's edges may differ in the last bit, and a distance beside one with them.
    assert.ok(ours.edges.every((edge, n) => Math.abs(edge - theirs[n]!) < 1e-12));
    const theirsWithOurs = histogram(distances, theirs).counts;
    assert.deepEqual(theirsWithOurs, counts);
    const all = ours.counts.reduce((sum, count) => sum + count, ours.below + ours.above);
    assert.equal(all, distances.length);
  }
});
