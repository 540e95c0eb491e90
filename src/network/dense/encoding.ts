import { fromFloat16, toFloat16 } from '../../base/float16.ts';

/**
 * How the weights of the dense layer are stored. `f32` and `f16` are IEEE 754 binary32 and binary16. `q8` and `q4` are
 * codes of 8 and 4 bits, each block of 32 values of a row with a float16 scale: value = (code − middle) · scale. It is
 * the block format of ONNX Runtime's MatMulNBits (block_size 32, zero point in the middle; of two 4-bit codes in a byte
 * the first is in the low half).
 */
export type Encoding = 'f32' | 'f16' | 'q8' | 'q4';

export const encodings: readonly Encoding[] = ['f32', 'f16', 'q8', 'q4'];

/** Values that share a scale. */
export const blockValues = 32;

const bits: Record<Encoding, number> = { f32: 32, f16: 16, q8: 8, q4: 4 };
const middles = { q8: 128, q4: 8 } as const;

/** Sections of a piece begin at multiples of this many bytes. */
const alignment = 64;
const align = (byteLength: number): number => Math.ceil(byteLength / alignment) * alignment;

/** Bytes of a row of `inputs` weights, without its scales. */
export const rowBytes = (encoding: Encoding, inputs: number): number => (inputs * bits[encoding]) / 8;

/** Scales of a row. */
export const rowScales = (encoding: Encoding, inputs: number): number =>
  encoding === 'q8' || encoding === 'q4' ? inputs / blockValues : 0;

/** Where the sections of a piece lie: weights from 0, then scales (float16), then bias (float32). In bytes. */
export interface PieceLayout {
  rows: number;
  /** Weights of a row. */
  inputs: number;
  rowBytes: number;
  scales: number;
  bias: number;
  byteLength: number;
}

/** Layout of the file that holds `rows` rows of the dense layer. */
export function pieceLayout(encoding: Encoding, rows: number, inputs: number): PieceLayout {
  const scales = align(rows * rowBytes(encoding, inputs));
  const bias = scales + align(rows * rowScales(encoding, inputs) * 2);
  return {
    rows,
    inputs,
    rowBytes: rowBytes(encoding, inputs),
    scales,
    bias,
    byteLength: bias + rows * 4,
  };
}

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

/** A piece with its biases, one for each row, before {@link encodeRows}. */
export function emptyPiece(
  { bias: at, byteLength }: PieceLayout,
  bias: Float32Array,
): Uint8Array<ArrayBuffer> {
  const piece = new Uint8Array(byteLength);
  new Float32Array(piece.buffer, at, bias.length).set(bias);
  return piece;
}

/** Encodes rows of a piece from row `first` on: not all of them need be in memory at once. */
export function encodeRows(
  encoding: Encoding,
  { buffer }: Uint8Array<ArrayBuffer>,
  { inputs, rowBytes, scales: scalesAt }: PieceLayout,
  first: number,
  weights: Float32Array,
): void {
  const at = first * rowBytes;
  if (encoding === 'f32') new Float32Array(buffer, at, weights.length).set(weights);
  else if (encoding === 'f16') {
    const halves = new Uint16Array(buffer, at, weights.length);
    for (let i = 0; i < weights.length; i++) halves[i] = toFloat16(weights[i]!);
  } else {
    const codes = new Uint8Array(buffer, at);
    const blocks = weights.length / blockValues;
    const scales = new Uint16Array(buffer, scalesAt + first * (inputs / blockValues) * 2, blocks);
    for (let b = 0; b < blocks; b++) {
      const values = weights.subarray(b * blockValues, (b + 1) * blockValues);
      if (encoding === 'q8') scales[b] = encodeBlock8(values, codes, b * blockValues);
      else scales[b] = encodeBlock4(values, codes, (b * blockValues) / 2);
    }
  }
}

/** float16 bits of the smallest scale that is not below `scale`: no value is cut off. */
function roundedUp(scale: number): number {
  const nearest = toFloat16(scale);
  return fromFloat16(nearest) < scale ? nearest + 1 : nearest;
}

function encodeBlock8(values: Float32Array, codes: Uint8Array, at: number): number {
  let largest = 0;
  for (let i = 0; i < blockValues; i++) largest = Math.max(largest, Math.abs(values[i]!));
  const half = roundedUp(largest / 127);
  const scale = fromFloat16(half) || 1;
  for (let i = 0; i < blockValues; i++) codes[at + i] = Math.round(values[i]! / scale) + middles.q8;
  return half;
}

/** The value of largest magnitude gets code 0, so that the one code more below the middle is used. */
function encodeBlock4(values: Float32Array, codes: Uint8Array, at: number): number {
  let extreme = 0;
  for (let i = 0; i < blockValues; i++) if (Math.abs(values[i]!) > Math.abs(extreme)) extreme = values[i]!;
  const magnitude = roundedUp(Math.abs(extreme) / 8);
  const half = extreme > 0 ? magnitude | 0x8000 : magnitude;
  const scale = fromFloat16(half) || 1;
  const code = (i: number): number => Math.min(15, Math.max(0, Math.round(values[i]! / scale) + middles.q4));
  for (let i = 0; i < blockValues; i += 2) codes[at + i / 2] = code(i) | (code(i + 1) << 4);
  return half;
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

/** The values of rows `from` … `to` − 1 of a piece. */
export function decodeRows(
  encoding: Encoding,
  piece: Uint8Array,
  { inputs, scales }: PieceLayout,
  from: number,
  to: number,
): Float32Array {
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  const values = new Float32Array((to - from) * inputs);
  for (let n = 0, i = from * inputs; n < values.length; n++, i++) {
    if (encoding === 'f32') values[n] = view.getFloat32(4 * i, true);
    else if (encoding === 'f16') values[n] = fromFloat16(view.getUint16(2 * i, true));
    else {
      const code = encoding === 'q8' ? piece[i]! : (piece[i >> 1]! >> (4 * (i & 1))) & 15;
      const scale = fromFloat16(view.getUint16(scales + 2 * Math.floor(i / blockValues), true));
      values[n] = (code - middles[encoding]) * scale;
    }
  }
  return values;
}
