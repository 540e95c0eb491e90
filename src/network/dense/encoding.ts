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
/** The codes that stand for zero. */
export const middles = { q8: 128, q4: 8 } as const;

/** Sections of a piece begin at multiples of this many bytes. */
const alignment = 64;
const align = (byteLength: number): number => Math.ceil(byteLength / alignment) * alignment;

/** Bytes of a row of `inputs` weights, without its scales. */
const rowBytes = (encoding: Encoding, inputs: number): number => (inputs * bits[encoding]) / 8;

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
