import { bytesFile } from '../../src/base/random-access.ts';
import { piecesOf } from '../../src/convert/vgg16.ts';
import { type Encoding, pieceLayout } from '../../src/network/dense/encoding.ts';
import type { DenseLayer } from '../../src/network/dense/layer.ts';
import { encodePiece } from '../support/dense-piece.ts';
import { gaussian, seeded } from '../support/random.ts';

/** A dense layer and what goes in. */
export interface Problem {
  n: number;
  d: number;
  /** n × d */
  weights: Float32Array;
  /** 8 × d */
  x: Float32Array;
  /** float64 products of the first picture, after the ReLU. */
  exact: Float64Array;
}

/** A form of the layer, ready to run. */
export interface Form {
  name: string;
  /** What {@link Problem} costs in this form. */
  megabytes: number;
  create(pictures: number): {
    /** Resolves when the work is done. */
    run(): Promise<unknown>;
    /** What the last run gave, with or without ReLU. */
    result(): Promise<Float32Array>;
  };
}

export function makeProblem(n: number, d: number): Problem {
  const normal = gaussian(seeded(1));
  const deviation = Math.sqrt(2 / d); // He initialisation
  const weights = Float32Array.from({ length: n * d }, () => normal() * deviation);
  const x = Float32Array.from({ length: 8 * d }, () => Math.max(0, normal()));
  const exact = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += weights[row * d + j]! * x[j]!;
    exact[row] = Math.max(sum, 0);
  }
  return { n, d, weights, x, exact };
}

/** The layer as a model's shards hold it. */
export function storedLayer({ n, d, weights }: Problem, encoding: Encoding): DenseLayer {
  const count = piecesOf(encoding, n, d, 64 * 2 ** 20);
  const rows = n / count;
  const pieces = Array.from({ length: count }, (_, i) =>
    bytesFile(
      encodePiece(encoding, weights.subarray(i * rows * d, (i + 1) * rows * d), new Float32Array(rows)),
    ),
  );
  return { encoding, inputs: d, outputs: n, rows, layout: pieceLayout(encoding, rows, d), pieces };
}
