import { joined, viewOf } from '../base/bytes.ts';
import { refuse } from '../base/checks.ts';
import { isBytes, isFloats } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import { fromFloat16, toFloat16 } from '../base/float16.ts';
import type * as web from '../base/web-types.ts';

/** An array of a `.npy` file, in C order whatever the file's. */
export interface NpyArray {
  shape: number[];
  /** Float32Array for f2 and f4, Float64Array for f8. */
  data: Float32Array | Float64Array;
}

/** @internal What the header of a `.npy` file says. */
export interface NpyHeader {
  shape: number[];
  /** First index running fastest. */
  fortran: boolean;
  dtype: 'f2' | 'f4' | 'f8';
  /** Bytes of a value. */
  size: 2 | 4 | 8;
  little: boolean;
  /** Where the values begin. */
  start: number;
  /** Of the whole file. */
  byteLength: number;
}

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59); // \x93NUMPY

/** @internal Whether a file that begins so is a `.npy` file. */
export const isNpy = (begin: Uint8Array): boolean => magic.every((byte, i) => begin[i] === byte);

const bad = (what: string): LikenessError => new LikenessError('bad-file', `This .npy file ${what}`);

/**
 * Reads a `.npy` file of format 1, 2 or 3: float16, float32 or float64, both byte orders, C and Fortran order
 * (numpy.lib.format).
 *
 * @throws LikenessError `bad-argument`, `bad-file` that names the problem
 * @example const { shape, data } = parseNpy(bytes);
 */
export function parseNpy(bytes: Uint8Array): NpyArray {
  if (!isBytes(bytes)) refuse('A .npy file', bytes, 'its bytes, a Uint8Array');
  const header = parseNpyHeader(bytes, bytes.length);
  const { shape, fortran, start, byteLength } = header;
  const data = decodeNpyValues(bytes.subarray(start, byteLength), header);
  return { shape, data: fortran && shape.length > 1 ? toCOrder(data, shape) : data };
}

/** @internal Values of a `.npy` file, in its own order: Float32Array for f2 and f4, Float64Array for f8. */
export function decodeNpyValues(
  bytes: Uint8Array,
  { dtype, size, little }: NpyHeader,
): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const count = bytes.length / size;
  const data = dtype === 'f8' ? new Float64Array(count) : new Float32Array(count);
  if (little && size === data.BYTES_PER_ELEMENT) {
    new Uint8Array(data.buffer).set(bytes);
    return data;
  }
  const view = viewOf(bytes);
  for (let i = 0; i < count; i++) {
    if (dtype === 'f2') data[i] = fromFloat16(view.getUint16(2 * i, little));
    else data[i] = dtype === 'f4' ? view.getFloat32(4 * i, little) : view.getFloat64(8 * i, little);
  }
  return data;
}

/** Rows of float32 values, as {@link FlatIndex} takes them. */
export interface NpyMatrix {
  /** n */
  rows: number;
  /** d */
  columns: number;
  /** n × d; what was float64 is rounded. */
  values: Float32Array;
}

/**
 * Reads a `.npy` file that holds a matrix.
 *
 * @param columns d, where only one will do
 * @throws LikenessError `bad-argument`, `bad-file` that names the problem; other numbers of dimensions or columns are one
 * @example index.add(parseNpyMatrix(bytes, 512).values);
 */
export function parseNpyMatrix(bytes: Uint8Array, columns?: number): NpyMatrix {
  const { data, shape } = parseNpy(bytes);
  const [n, d] = matrixShape({ shape }, columns);
  return { rows: n, columns: d, values: isFloats(data) ? data : Float32Array.from(data) };
}

/**
 * n and d of a matrix.
 *
 * @internal
 * @throws LikenessError `bad-file` for other numbers of dimensions, or of columns than `wanted`
 */
export function matrixShape({ shape }: Pick<NpyHeader, 'shape'>, wanted?: number): [n: number, d: number] {
  const [n, d] = shape;
  if (shape.length !== 2 || n === undefined || d === undefined) {
    throw bad(
      `has the shape (${shape.join(', ')}); wanted a matrix, a row for each vector: save it with .reshape(rows, columns).`,
    );
  }
  if (wanted !== undefined && d !== wanted) {
    throw bad(`has rows of ${d} values; wanted ${wanted}.`);
  }
  return [n, d];
}

/** Value i of a Fortran-ordered array has its first index running fastest; in C order, its last. */
function toCOrder<T extends Float32Array | Float64Array>(data: T, shape: readonly number[]): T {
  const out = data.slice() as T;
  const index = new Array<number>(shape.length).fill(0);
  for (let to = 0; to < out.length; to++) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) from = from * shape[axis]! + index[axis]!;
    out[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}

/** A header longer than this is no header. */
const largestHeader = 1 << 20;

/**
 * Reads the header.
 *
 * @internal
 * @param bytes the file's beginning: all of it, or as much as holds the header
 * @param byteLength of the whole file, where it is known
 * @throws LikenessError `bad-file` that names the problem
 */
export function parseNpyHeader(bytes: Uint8Array, byteLength?: number): NpyHeader {
  const { descr, fortran, shape, start } = parseHeader(bytes);
  const dtype = descr.slice(1);
  if (!(dtype === 'f2' || dtype === 'f4' || dtype === 'f8') || !'<>='.includes(descr[0]!)) {
    throw bad(
      `holds the dtype '${descr}'; wanted float16, float32 or float64: save it with .astype(np.float32).`,
    );
  }
  const size = { f2: 2, f4: 4, f8: 8 }[dtype] as NpyHeader['size'];
  const wanted = start + shape.reduce((product, side) => product * side, 1) * size;
  if (!Number.isSafeInteger(wanted)) throw bad(`claims the impossible shape (${shape.join(', ')}).`);
  if (byteLength !== undefined && byteLength < wanted) {
    throw bad(`is truncated: ${byteLength} bytes came, its shape (${shape.join(', ')}) needs ${wanted}.`);
  }
  if (byteLength !== undefined && byteLength > wanted) {
    throw bad(`has ${byteLength - wanted} bytes after the array's end.`);
  }
  // '=' is the host's order. All that run WebAssembly are little-endian.
  return { shape, fortran, dtype, size, little: descr[0] !== '>', start, byteLength: wanted };
}

/** @internal Bytes from the beginning that hold the header; `undefined` when more than these 12 are needed to tell. */
export function npyHeaderBytes(bytes: Uint8Array): number | undefined {
  if (bytes.length < 12) return undefined;
  const view = viewOf(bytes);
  const length = bytes[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  return Math.min(length, largestHeader);
}

function parseHeader(bytes: Uint8Array): { descr: string; fortran: boolean; shape: number[]; start: number } {
  if (!isNpy(bytes)) {
    throw bad("does not begin with NumPy's magic bytes; it is not a .npy file.");
  }
  const version = bytes[6];
  if (version !== 1 && version !== 2 && version !== 3) {
    throw bad(`has format version ${version ?? '?'}; versions 1 to 3 are read.`);
  }
  const view = viewOf(bytes);
  const lengthBytes = version === 1 ? 2 : 4;
  const headerAt = 8 + lengthBytes;
  if (bytes.length < headerAt) throw bad('is truncated within its header.');
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerAt + length;
  if (bytes.length < start) throw bad('is truncated within its header.');
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(headerAt, start));

  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const sides = /'shape'\s*:\s*\(([^)]*)\)/.exec(text)?.[1];
  if (/'descr'\s*:\s*\[/.test(text)) throw bad('holds a structured array; wanted a plain array of floats.');
  if (descr === undefined || order === undefined || sides === undefined) {
    throw bad(`has a header that cannot be read: ${JSON.stringify(text.trim().slice(0, 120))}.`);
  }
  if (descr.includes('O')) throw bad('holds Python objects, which are not read; save an array of floats.');
  const parts = sides.split(',').map((side) => side.trim());
  if (parts.at(-1) === '') parts.pop();
  const shape = parts.map((side) => {
    // Python 2 wrote some sizes as 3L.
    if (!/^\d+L?$/.test(side)) throw bad(`has the shape (${sides}), which is not a list of sizes.`);
    return Number.parseInt(side, 10);
  });
  return { descr, fortran: order === 'True', shape, start };
}

/**
 * The header of a `.npy` file as NumPy writes it: format 1, little-endian, C order, data aligned to 64 bytes.
 *
 * @internal
 * @param dtype of the values that follow
 */
export function npyHeader(shape: readonly number[], dtype: 'f2' | 'f4' = 'f4'): Uint8Array<ArrayBuffer> {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<${dtype}', 'fortran_order': False, 'shape': (${sides}), }`;
  const start = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start);
  bytes.set(magic);
  bytes[6] = 1;
  viewOf(bytes).setUint16(8, start - 10, true);
  new TextEncoder().encodeInto(`${text.padEnd(start - 11)}\n`, bytes.subarray(10));
  return bytes;
}

/** @internal Values as the bytes of a `.npy` file; float16 is rounded to nearest, ties to even, as NumPy rounds. */
export function encodeNpyValues(values: Float32Array, dtype: 'f2' | 'f4' = 'f4'): Uint8Array<ArrayBuffer> {
  if (dtype === 'f4') return new Uint8Array(Float32Array.from(values).buffer);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = toFloat16(values[i]!);
  return new Uint8Array(halves.buffer);
}

/**
 * A `.npy` file as NumPy writes it: format 1, little-endian, C order, data aligned to 64 bytes.
 *
 * @param values in C order
 * @param shape its product is `values.length`
 * @param dtype default `f4`
 * @throws LikenessError `bad-argument`
 * @example const bytes = encodeNpy(vectors, [vectors.length / 512, 512]);
 */
export function encodeNpy(
  values: Float32Array,
  shape: readonly number[],
  dtype: 'f2' | 'f4' = 'f4',
): web.Bytes {
  if (!isFloats(values)) refuse('values', values, 'a Float32Array');
  if (!Array.isArray(shape)) refuse('shape', shape, 'a list of sizes');
  const count = shape.reduce((product, side) => product * side, 1);
  if (count !== values.length) {
    throw new LikenessError(
      'bad-argument',
      `${values.length} values do not make the shape (${shape.join(', ')}), which has ${count}.`,
    );
  }
  return joined([npyHeader(shape, dtype), encodeNpyValues(values, dtype)]);
}
