import { LikenessError } from '../../base/errors.ts';
import { fill, type RandomAccess } from '../../base/random-access.ts';
import type { Model } from '../load.ts';
import { type Encoding, type PieceLayout, pieceLayout } from './encoding.ts';

/** The dense layer of a model: y = max(W·x + b, 0), its rows in pieces of equal size. */
export interface DenseLayer {
  encoding: Encoding;
  /** Values that come in, k. */
  inputs: number;
  /** Values that go out: rows of W. */
  outputs: number;
  /** Rows of each piece. */
  rows: number;
  layout: PieceLayout;
  pieces: RandomAccess[];
}

/** The dense layer that a manifest describes, or undefined where the graph does everything. */
export function denseLayer({ manifest, files }: Model): DenseLayer | undefined {
  const { dense, output, shards } = manifest;
  if (!dense) return undefined;
  const { encoding, inputs } = dense;
  const rows = output.dimension / dense.files.length;
  const layout = pieceLayout(encoding, rows, inputs);
  const pieces = dense.files.map((name) => {
    const { byteLength } = shards.find(({ file }) => file === name)!;
    if (byteLength === layout.byteLength) return files.get(name)!;
    throw new LikenessError(
      'bad-model',
      `${name} has ${byteLength} bytes; ${rows} rows of ${inputs} values as ${encoding} take ${layout.byteLength}.`,
    );
  });
  return { encoding, inputs, outputs: output.dimension, rows, layout, pieces };
}

/** Bytes read at a time when a piece is moved to where it is used. A multiple of every value's size. */
const sliceBytes = 4 * 2 ** 20;

/**
 * Reads bytes `from` … `to` − 1 of a file in slices; `take` gets each with its position after `from`. A slice is only
 * valid during the call.
 */
export async function readInSlices(
  file: RandomAccess,
  from: number,
  to: number,
  take: (bytes: Uint8Array, at: number) => void,
): Promise<void> {
  const buffer = new Uint8Array(Math.min(sliceBytes, to - from));
  for (let at = from; at < to; at += sliceBytes) {
    const slice = buffer.subarray(0, Math.min(sliceBytes, to - at));
    await fill(file, at, slice, 'bad-model');
    take(slice, at - from);
  }
}
