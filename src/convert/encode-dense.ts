import { fromFloat16, toFloat16 } from '../base/float16.ts';
import { blockValues, type Encoding, middles, type PieceLayout } from '../network/dense/encoding.ts';

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

/** The values that rows `from` … `to` − 1 of a piece stand for: what every kernel computes with. */
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
