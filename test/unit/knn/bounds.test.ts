import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  errorBound,
  overflowLimit,
  roundEitherWay,
  roundToNearest,
} from '../../../src/knn/backend/bounds.ts';
import { seeded } from '../../support/random.ts';

const smallestNormal = 2 ** -126;
const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** float32 arithmetic as bad as a device may do it. */
function arithmetic(random: () => number, { flush, eitherWay }: { flush: boolean; eitherWay: boolean }) {
  const flushed = (value: number): number => (flush && Math.abs(value) < smallestNormal ? 0 : value);
  const round = (exact: number): number => {
    float[0] = exact;
    const nearest = float[0]!;
    if (eitherWay && nearest !== exact && Number.isFinite(nearest) && nearest !== 0 && random() < 0.5) {
      // The neighbour on the other side of the exact value.
      bits[0]! += Math.abs(nearest) > Math.abs(exact) ? -1 : 1;
    }
    return flushed(float[0]!);
  };
  return {
    input: flushed,
    subtract: (a: number, b: number) => round(a - b),
    multiply: (a: number, b: number) => round(a * b),
    add: (a: number, b: number) => round(a + b),
  };
}

for (const [name, unit, options] of [
  ['round to nearest', roundToNearest, { flush: false, eitherWay: false }],
  ['round to nearest, flush denormals', roundToNearest, { flush: true, eitherWay: false }],
  ['round either way, flush denormals', roundEitherWay, { flush: true, eitherWay: true }],
] as const) {
  test(`bounds hold for float32 that does: ${name}`, () => {
    const random = seeded(91);
    const { input, subtract, multiply, add } = arithmetic(random, options);
    for (let round = 0; round < 3000; round++) {
      const d = 1 + Math.floor(random() * 40);
      // Magnitudes from denormal to 2⁶², alone and mixed; differences down to a few units in the last place.
      const exponent = -149 + random() * 211;
      const spread = random() < 0.5 ? 0 : random() * 40;
      const value = (): number =>
        Math.fround((random() - 0.5) * 2 ** Math.min(62, exponent + (random() - 0.5) * spread));
      const x = Array.from({ length: d }, value);
      const near = random() < 0.3;
      const q = x.map((v) => (near ? Math.fround(v * (1 + (random() - 0.5) * 2 ** -20)) : value()));

      let exact = 0;
      let computed = 0;
      for (let j = 0; j < d; j++) {
        exact += (x[j]! - q[j]!) ** 2;
        const difference = subtract(input(x[j]!), input(q[j]!));
        computed = add(computed, multiply(difference, difference));
      }
      if (!(computed < overflowLimit)) continue;
      const bound = errorBound(d, d, unit);
      const where = `d ${d}: computed ${computed}, exact ${exact}`;
      assert.ok(bound.lower(computed) <= exact, where);
      assert.ok(bound.upper(computed) >= exact, where);
      assert.ok(bound.computedUpTo(exact) >= computed, where);
    }
  });
}

test('bounds are close: some thousand units apart at d 4096, not a factor', () => {
  const bound = errorBound(4096, 4096 / 4 + 2);
  assert.ok(bound.lower(1) > 1 - 1e-4 && bound.upper(1) < 1 + 1e-4);
  assert.ok(bound.lower(1) < 1 && bound.upper(1) > 1);
});
