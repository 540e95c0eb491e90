import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromFloat16, toFloat16 } from '../../../src/base/float16.ts';
import { createWasmDense } from '../../../src/network/dense/dense.wasm.ts';
import { encodings, pieceLayout } from '../../../src/network/dense/encoding.ts';
import {
  denseCases,
  denseError,
  denseProblem,
  denseTolerance,
  unevenCases,
} from '../../support/dense-cases.ts';
import { decodePiece, encodePiece } from '../../support/dense-piece.ts';
import { gaussian, seeded } from '../../support/random.ts';

for (const encoding of encodings) {
  test(`the ${encoding} kernel gives what float64 sums over the stored weights give`, async () => {
    const codes = encoding === 'q8' || encoding === 'q4';
    for (const given of codes ? denseCases : [...denseCases, ...unevenCases]) {
      const problem = denseProblem(given, encoding);
      const dense = await createWasmDense(problem.layer);
      const y = dense.run(problem.x, given.n);
      assert.equal(y.length, given.n * given.outputs);
      const error = denseError(y, problem);
      assert.ok(error < denseTolerance, `${given.name}: ${error}`);
      // A picture gives the same bits whatever it is computed with.
      const last = problem.x.subarray((given.n - 1) * given.inputs);
      assert.deepEqual(dense.run(last, 1), y.slice((given.n - 1) * given.outputs), given.name);
    }
  });
}

test('every float16 survives the way to float32 and back; halfway cases go to the even one', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = fromFloat16(bits);
    if (Number.isNaN(value)) assert.equal(toFloat16(value) & 0x7e00, 0x7e00);
    else assert.equal(toFloat16(value), bits);
  }
  for (let bits = 0; bits < 0x7bff; bits++) {
    const between = (fromFloat16(bits) + fromFloat16(bits + 1)) / 2;
    assert.equal(toFloat16(between), bits + (bits & 1));
    assert.equal(toFloat16(-between), 0x8000 | (bits + (bits & 1)));
  }
  assert.equal(toFloat16(65519.99), 0x7bff);
  assert.equal(toFloat16(65520), 0x7c00);
  assert.equal(toFloat16(2 ** -25), 0);
  assert.equal(toFloat16(2 ** -25 * 1.001), 1);
});

test('codes lie within half a step of what they stand for', () => {
  const normal = gaussian(seeded(11));
  const inputs = 64;
  const rows = 50;
  const weights = Float32Array.from({ length: rows * inputs }, (_, i) =>
    i < 32 ? 0 : normal() * 10 ** ((i % 7) - 4),
  );
  for (const [encoding, steps] of [
    ['q8', 127],
    ['q4', 8],
  ] as const) {
    const piece = encodePiece(encoding, weights, new Float32Array(rows));
    assert.equal(piece.length, pieceLayout(encoding, rows, inputs).byteLength);
    const values = decodePiece(encoding, piece, rows, inputs);
    for (let block = 0; block < weights.length; block += 32) {
      const given = weights.subarray(block, block + 32);
      const largest = given.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      for (const [i, value] of given.entries()) {
        const error = Math.abs(values[block + i]! - value);
        // Four bits have one code less above the middle than below: there the last half step may be a whole one.
        const bound = (largest / steps) * (encoding === 'q4' ? 1.001 : 0.5005) + 1e-7;
        assert.ok(error <= bound, `${encoding}, block ${block / 32}: ${value} became ${values[block + i]}`);
      }
    }
  }
});

test('4-bit codes lie as MatMulNBits has them: the first in the low half, eight is zero', () => {
  const weights = new Float32Array(32);
  weights[0] = -8;
  weights[1] = 7;
  weights[31] = 1;
  const piece = encodePiece('q4', weights, Float32Array.of(3));
  assert.equal(piece[0], 0xf0);
  assert.equal(piece[1], 0x88);
  assert.equal(piece[15], 0x98);
  assert.deepEqual(decodePiece('q4', piece, 1, 32), weights);
});
