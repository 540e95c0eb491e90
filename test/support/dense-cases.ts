import { bytesFile } from '../../src/base/random-access.ts';
import { type Encoding, pieceLayout } from '../../src/network/dense/encoding.ts';
import type { DenseLayer } from '../../src/network/dense/layer.ts';
import { decodePiece, encodePiece } from './dense-piece.ts';
import { gaussian, seeded } from './random.ts';

export interface DenseCase {
  name: string;
  inputs: number;
  outputs: number;
  pieces: number;
  n: number;
  /** Makes weight `i` from a standard normal value. */
  weight?: (value: number, i: number) => number;
}

/** Shapes around the kernels' blocks (32 values, stretches of 2048, 4 rows, 4 and 8 pictures), and nasty values. */
export const denseCases: DenseCase[] = [
  { name: 'one block, one row', inputs: 32, outputs: 1, pieces: 1, n: 1 },
  { name: 'a stretch', inputs: 2048, outputs: 5, pieces: 1, n: 4 },
  { name: 'a stretch and a block', inputs: 2080, outputs: 8, pieces: 2, n: 5 },
  { name: 'three pieces, nine pictures', inputs: 96, outputs: 21, pieces: 3, n: 9 },
  { name: 'rows of zeros', inputs: 64, outputs: 6, pieces: 1, n: 2, weight: (v, i) => (i < 128 ? 0 : v) },
  { name: 'tiny weights', inputs: 64, outputs: 4, pieces: 1, n: 1, weight: (v) => v * 1e-6 },
  {
    name: 'a large weight in each block',
    inputs: 128,
    outputs: 4,
    pieces: 1,
    n: 3,
    weight: (v, i) => (i % 32 === 7 ? v * 1000 : v),
  },
  {
    name: 'signs that cancel',
    inputs: 4096,
    outputs: 4,
    pieces: 2,
    n: 1,
    weight: (v, i) => (i % 2 ? 1 : -1) * (100 + v),
  },
];

/** Of codes, only whole blocks are stored; these have none. */
export const unevenCases: DenseCase[] = [
  { name: 'four values', inputs: 4, outputs: 3, pieces: 1, n: 2 },
  { name: 'no multiple of 16', inputs: 2052, outputs: 6, pieces: 2, n: 3 },
];

/** A layer with its inputs and what it has to give: float64 sums over the weights as they are stored. */
export function denseProblem(
  { inputs, outputs, pieces, n, weight = (v) => v }: DenseCase,
  encoding: Encoding,
): { layer: DenseLayer; x: Float32Array; wanted: Float64Array; magnitude: Float64Array } {
  const normal = gaussian(seeded(inputs * 31 + outputs));
  const rows = outputs / pieces;
  const x = Float32Array.from({ length: n * inputs }, () => Math.max(normal() * 50, 0));
  const layout = pieceLayout(encoding, rows, inputs);
  const wanted = new Float64Array(n * outputs);
  /** Sums of magnitudes: what rounding is measured by. */
  const magnitude = new Float64Array(n * outputs);
  const files = Array.from({ length: pieces }, (_, piece) => {
    const weights = Float32Array.from({ length: rows * inputs }, (_, i) => weight(normal(), i));
    const bias = Float32Array.from({ length: rows }, () => normal() * 10);
    const bytes = encodePiece(encoding, weights, bias);
    const values = decodePiece(encoding, bytes, rows, inputs);
    for (let p = 0; p < n; p++) {
      for (let row = 0; row < rows; row++) {
        let sum = bias[row]!;
        let size = Math.abs(sum);
        for (let j = 0; j < inputs; j++) {
          const product = values[row * inputs + j]! * x[p * inputs + j]!;
          sum += product;
          size += Math.abs(product);
        }
        wanted[p * outputs + piece * rows + row] = Math.max(sum, 0);
        magnitude[p * outputs + piece * rows + row] = size;
      }
    }
    return bytesFile(bytes);
  });
  return { layer: { encoding, inputs, outputs, rows, layout, pieces: files }, x, wanted, magnitude };
}

/** The largest error, in units of 2⁻²⁴ of the sum of magnitudes. */
export function denseError(
  y: Float32Array,
  { wanted, magnitude }: Pick<ReturnType<typeof denseProblem>, 'wanted' | 'magnitude'>,
): number {
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(y[i]! - wanted[i]!) / (magnitude[i]! * 2 ** -24);
    if (!(error <= worst)) worst = error; // NaN too
  }
  return worst;
}

/** Sums of at most 2048 / 16 products a lane in float32, then of lanes; the same order of size on a GPU. */
export const denseTolerance = 160;
