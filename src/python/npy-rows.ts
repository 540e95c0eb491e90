import { refuse } from '../base/checks.ts';
import { isFloats } from '../base/class-of.ts';
import { type RandomAccess, readBytes } from '../base/random-access.ts';
import type * as web from '../base/web-types.ts';
import { decodeNpyValues, matrixShape, type NpyHeader, npyHeaderBytes, parseNpyHeader } from './npy.ts';

/** The bytes of a `.npy` or `.npz` file: another name of {@link RandomAccess}. */
export type NpyFile = RandomAccess;

/** @internal @throws LikenessError `bad-argument` */
export function checkFile(file: RandomAccess): void {
  if (typeof file?.size === 'function' && typeof file.read === 'function') return;
  refuse('The file', file, 'an NpyFile: bytesFile(bytes) or blobFile(blob) makes one');
}

/** A matrix of a `.npy` file whose rows are read as they are asked for. */
export interface NpyRows {
  /** n */
  rows: number;
  /** d */
  columns: number;
  /** Blocks of whole rows, in order; what was float64 is rounded to float32. */
  blocks(): AsyncGenerator<web.Floats>;
}

/** Bytes that are in memory at once, or one row where that is more. */
const blockBytes = 16 << 20;
/** For Fortran order, where a block is made of a piece of each column: longer pieces, fewer reads. */
const columnBlockBytes = 128 << 20;

/**
 * Opens the matrix in a `.npy` file without reading it: a file of any size needs the memory of a block.
 *
 * @param wanted d, where only one will do
 * @throws LikenessError `bad-argument`, `bad-file` that names the problem; so do the blocks
 * @example
 * const rows = await openNpyRows(blobFile(file), index.dimension);
 * for await (const block of rows.blocks()) index.add(block);
 */
export async function openNpyRows(file: RandomAccess, wanted?: number): Promise<NpyRows> {
  checkFile(file);
  const size = await file.size();
  const first = new Uint8Array(Math.min(size, 12));
  await file.read(0, first);
  const beginning = new Uint8Array(Math.min(size, npyHeaderBytes(first) ?? first.length));
  await file.read(0, beginning);
  const header = parseNpyHeader(beginning, size);
  const [rows, columns] = matrixShape(header, wanted);
  const blocks = header.fortran ? columnOrderBlocks : rowOrderBlocks;
  return { rows, columns, blocks: () => blocks(header, rows, columns, file) };
}

async function* rowOrderBlocks(
  header: NpyHeader,
  rows: number,
  columns: number,
  file: RandomAccess,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const rowBytes = columns * header.size;
  const perBlock = Math.max(1, Math.floor(blockBytes / Math.max(rowBytes, 1)));
  for (let row = 0; row < rows; row += perBlock) {
    const count = Math.min(perBlock, rows - row);
    const bytes = await readBytes(file, header.start + row * rowBytes, count * rowBytes);
    yield asFloat32(decodeNpyValues(bytes, header));
  }
}

async function* columnOrderBlocks(
  header: NpyHeader,
  rows: number,
  columns: number,
  file: RandomAccess,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const { size, start } = header;
  const perBlock = Math.max(1, Math.floor(columnBlockBytes / Math.max(4 * columns, 1)));
  for (let row = 0; row < rows; row += perBlock) {
    const count = Math.min(perBlock, rows - row);
    const block = new Float32Array(count * columns);
    for (let column = 0; column < columns; column++) {
      const bytes = await readBytes(file, start + (column * rows + row) * size, count * size);
      const values = decodeNpyValues(bytes, header);
      for (let n = 0; n < count; n++) block[n * columns + column] = values[n]!;
    }
    yield block;
  }
}

const asFloat32 = (
  values: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> => (isFloats(values) ? values : Float32Array.from(values));
