import { decodeRows, emptyPiece, encodeRows } from '../../src/convert/encode-dense.ts';
import { type Encoding, pieceLayout } from '../../src/network/dense/encoding.ts';

/**
 * Encodes rows of weights as a piece.
 *
 * @param weights rows × inputs; inputs a multiple of 4, for codes of 32
 * @param bias one for each row
 */
export function encodePiece(
  encoding: Encoding,
  weights: Float32Array,
  bias: Float32Array,
): Uint8Array<ArrayBuffer> {
  const layout = pieceLayout(encoding, bias.length, weights.length / bias.length);
  const piece = emptyPiece(layout, bias);
  encodeRows(encoding, piece, layout, 0, weights);
  return piece;
}

/**
 * The values that a piece stands for: what every kernel computes with.
 *
 * @param piece bytes as {@link encodePiece} makes them
 * @returns rows × inputs
 */
export function decodePiece(
  encoding: Encoding,
  piece: Uint8Array,
  rows: number,
  inputs: number,
): Float32Array {
  return decodeRows(encoding, piece, pieceLayout(encoding, rows, inputs), 0, rows);
}
