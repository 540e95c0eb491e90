import { LikenessError } from '../errors.ts';
import { fromFloat16 } from '../float16.ts';

/** An array of a `.npy` file, in C order whatever the file's. */
export interface NpyArray {
  shape: number[];
  /** Float32Array for f2 and f4, Float64Array for f8. */
  data: Float32Array | Float64Array;
}

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59); // \x93NUMPY

/** `descr` of the dtypes that are read: bytes a value, how one is read, what holds it exactly. */
const dtypes: Record<
  string,
  {
    size: number;
    read(view: DataView, at: number, little: boolean): number;
    array: Float32ArrayConstructor | Float64ArrayConstructor;
  }
> = {
  f2: { size: 2, read: (view, at, little) => fromFloat16(view.getUint16(at, little)), array: Float32Array },
  f4: { size: 4, read: (view, at, little) => view.getFloat32(at, little), array: Float32Array },
  f8: { size: 8, read: (view, at, little) => view.getFloat64(at, little), array: Float64Array },
};

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const bad = (what: string): LikenessError => new LikenessError('bad-file', `This .npy file ${what}`);

/**
 * Reads a `.npy` file of format 1, 2 or 3: float16, float32 or float64, both byte orders, C and Fortran order
 * (numpy.lib.format).
 *
 * @throws LikenessError `bad-file` that names the problem
 */
export function parseNpy(bytes: Uint8Array): NpyArray {
  const { descr, fortran, shape, start } = parseHeader(bytes);
  const dtype = dtypes[descr.slice(1)];
  if (!dtype || !'<>='.includes(descr[0]!)) {
    throw bad(
      `holds the dtype '${descr}'; wanted float16, float32 or float64: save it with .astype(np.float32).`,
    );
  }
  const count = shape.reduce((product, side) => product * side, 1);
  const wanted = start + count * dtype.size;
  if (!Number.isSafeInteger(wanted)) throw bad(`claims the impossible shape (${shape.join(', ')}).`);
  if (bytes.length < wanted) {
    throw bad(`is truncated: ${bytes.length} bytes came, its shape (${shape.join(', ')}) needs ${wanted}.`);
  }
  if (bytes.length > wanted) throw bad(`has ${bytes.length - wanted} bytes after the array's end.`);

  const data = new dtype.array(count);
  const little = descr[0] === '=' ? hostIsLittle : descr[0] === '<';
  if (little === hostIsLittle && dtype.size === data.BYTES_PER_ELEMENT) {
    new Uint8Array(data.buffer).set(bytes.subarray(start));
  } else {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < count; i++) data[i] = dtype.read(view, start + i * dtype.size, little);
  }
  return { shape, data: fortran && shape.length > 1 ? toCOrder(data, shape) : data };
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
 * @throws LikenessError `bad-file` that names the problem; other numbers of dimensions or columns are one
 */
export function parseNpyMatrix(bytes: Uint8Array, columns?: number): NpyMatrix {
  const { data, shape } = parseNpy(bytes);
  const [n, d] = shape;
  if (shape.length !== 2 || n === undefined || d === undefined) {
    throw bad(
      `has the shape (${shape.join(', ')}); wanted a matrix, a row for each vector: save it with .reshape(rows, columns).`,
    );
  }
  if (columns !== undefined && d !== columns) {
    throw bad(`has rows of ${d} values; wanted ${columns}.`);
  }
  return { rows: n, columns: d, values: data instanceof Float32Array ? data : Float32Array.from(data) };
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

function parseHeader(bytes: Uint8Array): { descr: string; fortran: boolean; shape: number[]; start: number } {
  const latin = new TextDecoder('latin1');
  if (magic.some((byte, i) => bytes[i] !== byte)) {
    throw bad("does not begin with NumPy's magic bytes; it is not a .npy file.");
  }
  const version = bytes[6];
  if (version !== 1 && version !== 2 && version !== 3) {
    throw bad(`has format version ${version ?? '?'}; versions 1 to 3 are read.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthBytes = version === 1 ? 2 : 4;
  const headerAt = 8 + lengthBytes;
  if (bytes.length < headerAt) throw bad('is truncated within its header.');
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerAt + length;
  if (bytes.length < start) throw bad('is truncated within its header.');
  const text = (version === 3 ? new TextDecoder() : latin).decode(bytes.subarray(headerAt, start));

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
 * A `.npy` file as NumPy writes it: format 1, little-endian float32, C order, data aligned to 64 bytes.
 *
 * @param values in C order
 * @param shape its product is `values.length`
 */
export function encodeNpy(values: Float32Array, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const count = shape.reduce((product, side) => product * side, 1);
  if (count !== values.length) {
    throw new LikenessError(
      'bad-argument',
      `${values.length} values do not make the shape (${shape.join(', ')}), which has ${count}.`,
    );
  }
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sides}), }`;
  const start = Math.ceil((10 + header.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + 4 * count);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  bytes[6] = 1;
  view.setUint16(8, start - 10, true);
  new TextEncoder().encodeInto(`${header.padEnd(start - 11)}\n`, bytes.subarray(10));
  if (hostIsLittle) new Float32Array(bytes.buffer, start).set(values);
  else for (let i = 0; i < count; i++) view.setFloat32(start + 4 * i, values[i]!, true);
  return bytes;
}
