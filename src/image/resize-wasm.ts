import bytes from '#wasm/image.simd.wasm';
import { namedArguments } from '../base/named-arguments.ts';
import { checkWebAssembly } from '../base/web-assembly.ts';
import { type Coefficients, toFixedPoint } from './coefficients.ts';

/** Gives rows `from` … `to` − 1 of a picture, four bytes for each pixel. */
export type ReadRows = (from: number, to: number) => Uint8Array;

/**
 * A resize of four 8-bit channels; first across, then down, as Pillow's `ImagingResample`.
 *
 * @param source its pixels, or what reads some of its rows
 * @param premultiplied the source's colour is to be multiplied by its alpha first
 */
export type Resampler = (
  source: Uint8Array | Uint8ClampedArray | ReadRows,
  width: number,
  height: number,
  across: Coefficients | undefined,
  down: Coefficients | undefined,
  premultiplied: boolean,
) => Uint8Array;

/** Parameters of `assembly/image.ts`. */
const parameters = {
  // biome-ignore format: as in the kernel
  horizontal: ['source', 'sourceStride', 'rows', 'first', 'weights', 'pairs', 'out', 'outStride', 'outWidth'],
  vertical: ['source', 'stride', 'weights', 'pairs', 'out', 'bytes'],
  premultiply: ['pixels', 'bytes'],
} as const;

const PAGE = 65536;
/** wasm memory only grows, so a large picture passes through it in bands of about this many bytes. */
const BAND = 4 << 20;
const align = (n: number): number => Math.ceil(n / 16) * 16;

interface Axis {
  first: Int32Array;
  count: Int32Array;
  /** As assembly/image.ts wants them: [low₀ low₁ high₀ high₁] for each pair of taps. */
  weights: Int16Array;
  /** Of taps, for each output pixel. */
  pairs: number;
}

/** @param multiple the number of pairs is rounded up to a multiple of this */
function packAxis({ taps, first, count, weight }: Coefficients, multiple: number): Axis {
  const fixed = toFixedPoint(weight);
  const pairs = Math.ceil(count.reduce((a, b) => Math.max(a, b), 1) / 2 / multiple) * multiple;
  const weights = new Int16Array(first.length * pairs * 4);
  for (let i = 0; i < first.length; i++) {
    for (let t = 0; t < count[i]!; t++) {
      const k = fixed[i * taps + t]!;
      const at = (i * pairs + (t >> 1)) * 4 + (t & 1);
      weights[at] = k & 0xfff;
      weights[at + 2] = k >> 12;
    }
  }
  return { first, count, weights, pairs };
}

/**
 * The WebAssembly kernel around a memory of its own.
 *
 * @throws LikenessError `no-backend` where nothing may be compiled
 */
export function createWasmResampler(): Resampler {
  checkWebAssembly();
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const kernel = namedArguments(exports, parameters);

  return (source, width, height, weightsAcross, weightsDown, premultiplied) => {
    const across = weightsAcross && packAxis(weightsAcross, 2);
    const down = weightsDown && packAxis(weightsDown, 1);
    const outWidth = across?.first.length ?? width;
    const outHeight = down?.first.length ?? height;
    const sourceStride = width * 4;
    const stride = align(outWidth * 4);
    const bandRows = Math.min(height, Math.max(1, Math.floor(BAND / sourceStride)));

    // Where things lie. Across, the kernel reads on over the taps that pad a pixel; down, one line too many at most.
    let end = 0;
    const place = (byteLength: number): number => {
      const start = end;
      end = align(end + byteLength);
      return start;
    };
    const firstAt = place(outWidth * 4);
    const weightsAt = place((across?.weights.byteLength ?? 0) + 16);
    const downAt = place(down?.weights.byteLength ?? 0);
    const bandAt = place(sourceStride * bandRows + (across ? across.pairs * 8 : 0) + 16);
    const rowsAt = place(stride * (height + 1));
    const outAt = place(stride);
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    const heap = new Uint8Array(memory.buffer);

    if (across) {
      new Int32Array(memory.buffer, firstAt, outWidth).set(across.first.map((x) => x * 4));
      new Int16Array(memory.buffer, weightsAt, across.weights.length).set(across.weights);
    }
    for (let y = 0; y < height; y += bandRows) {
      const rows = Math.min(bandRows, height - y);
      const band =
        typeof source === 'function'
          ? source(y, y + rows)
          : source.subarray(y * sourceStride, (y + rows) * sourceStride);
      heap.set(band, bandAt);
      if (premultiplied) kernel.premultiply({ pixels: bandAt, bytes: align(rows * sourceStride) });
      const to = rowsAt + y * stride;
      if (across) {
        kernel.horizontal({
          source: bandAt,
          sourceStride,
          rows,
          first: firstAt,
          weights: weightsAt,
          pairs: across.pairs,
          out: to,
          outStride: stride,
          outWidth,
        });
      } else {
        for (let r = 0; r < rows; r++)
          heap.copyWithin(to + r * stride, bandAt + r * sourceStride, bandAt + (r + 1) * sourceStride);
      }
    }
    const out = new Uint8Array(outWidth * outHeight * 4);
    const lineBytes = outWidth * 4;
    if (down) new Int16Array(memory.buffer, downAt, down.weights.length).set(down.weights);
    for (let y = 0; y < outHeight; y++) {
      let line = rowsAt + y * stride;
      if (down) {
        const weights = downAt + y * down.pairs * 8;
        const pairs = (down.count[y]! + 1) >> 1;
        kernel.vertical({
          source: rowsAt + down.first[y]! * stride,
          stride,
          weights,
          pairs,
          out: outAt,
          bytes: stride,
        });
        line = outAt;
      }
      out.set(heap.subarray(line, line + lineBytes), y * lineBytes);
    }
    return out;
  };
}

let shared: Resampler | undefined;

/** The resampler of this thread, made at the first call. */
export function fastResampler(): Resampler {
  shared ??= createWasmResampler();
  return shared;
}
