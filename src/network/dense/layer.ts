import { LikenessError } from '../../base/errors.ts';
import { type Model, type ModelFile, readBytes } from '../load.ts';
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
  pieces: ModelFile[];
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
  file: ModelFile,
  from: number,
  to: number,
  take: (bytes: Uint8Array, at: number) => void,
): Promise<void> {
  const reader = file.blob && byteReader(file.blob.slice(from, to));
  if (!reader) {
    for (let at = from; at < to; at += sliceBytes) {
      take(await readBytes(file, at, Math.min(at + sliceBytes, to)), at - from);
    }
    return;
  }
  // One buffer goes to and fro: a new one for each slice would wait for the collector, hundreds of megabytes of them.
  let buffer = new ArrayBuffer(Math.min(sliceBytes, to - from));
  for (let at = 0; at < to - from; ) {
    const wanted = Math.min(buffer.byteLength, to - from - at);
    let filled = 0;
    while (filled < wanted) {
      const { value, done } = await reader.read(new Uint8Array(buffer, filled, wanted - filled));
      if (done || !value) {
        throw new LikenessError('bad-model', `A file of weights became shorter while it was read.`);
      }
      buffer = value.buffer;
      filled += value.length;
    }
    take(new Uint8Array(buffer, 0, filled), at);
    at += filled;
  }
}

/** Reads into a buffer of the caller's; `undefined` where Blobs cannot. */
function byteReader(blob: Blob): ReadableStreamBYOBReader | undefined {
  try {
    return blob.stream().getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
}
