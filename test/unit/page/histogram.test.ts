import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawnHistogram } from '../../../page/state/histogram.ts';

/** As the library counts: bins of one width from 0 to the farthest. */
function counted(distances: readonly number[], bins: number): Parameters<typeof drawnHistogram>[0] {
  const farthest = Math.max(...distances);
  const edges = Array.from({ length: bins + 1 }, (_, at) =>
    at === bins ? farthest : (farthest * at) / bins,
  );
  const counts = new Array<number>(bins).fill(0);
  for (const distance of distances)
    counts[
      Math.min(
        bins - 1,
        edges.findLastIndex((edge) => edge <= distance),
      )
    ]!++;
  return { edges, counts, below: 0, above: 0 };
}

test('the slider reaches from the nearest picture to the farthest, in steps that people can read', () => {
  for (const distances of [
    [0.4, 0.5, 0.7, 1.2345678],
    [0, 1.99999],
    [0.001, 0.0045],
    [0.6, 0.9, 0.9, 0.9, 1.4321],
  ]) {
    const drawn = drawnHistogram(counted(distances, 600), 48)!;
    const nearest = Math.min(...distances);
    const farthest = Math.max(...distances);
    assert.ok(drawn.min <= nearest && drawn.min > nearest - 0.005, `${drawn.min} for ${nearest}`);
    assert.ok(
      drawn.max >= farthest && drawn.max < farthest + drawn.step + 1e-9,
      `${drawn.max} for ${farthest}`,
    );
    assert.equal(drawn.step, Number(drawn.step.toFixed(3)));
    assert.ok(
      Math.abs((drawn.max - drawn.min) / drawn.step - Math.round((drawn.max - drawn.min) / drawn.step)) <
        1e-6,
    );
    assert.equal(drawn.bars.length, 48);
    assert.equal(Math.max(...drawn.bars), 1);
    assert.ok(drawn.bars.every((height) => height >= 0 && height <= 1));
    assert.ok(
      drawn.bars.slice(0, 12).some((height) => height > 0) &&
        drawn.bars.slice(-10).some((height) => height > 0),
    );
  }
});

test('where there is nothing to choose from there is no slider', () => {
  assert.equal(drawnHistogram({ edges: [0, 0.5, 1], counts: [0, 0], below: 0, above: 0 }, 48), undefined);
  assert.equal(drawnHistogram({ edges: [0, 0], counts: [3], below: 0, above: 0 }, 48), undefined);
  assert.equal(drawnHistogram(counted([0.5, 0.5], 600), 48), undefined);
});
