import bytes from '#wasm/image.simd.wasm';
import { type Coefficients, toFixedPoint } from './coefficients.ts';
import { type Resampler, referenceResampler } from './resize.ts';

interface ImageKernel {
  horizontal(
    source: number,
    sourceStride: number,
    rows: number,
    first: number,
    weights: number,
    pairs: number,
    out: number,
    outStride: number,
    outWidth: number,
  ): void;
  vertical(
    source: number,
    stride: number,
    weights: number,
    pairs: number,
    out: number,
    byteLength: number,
  ): void;
  premultiply(pixels: number, byteLength: number): void;
}

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

/** The WebAssembly kernel around a memory of its own. Throws where SIMD cannot be compiled. */
export function createWasmResampler(): Resampler {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const kernel = exports as unknown as ImageKernel;

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
      heap.set(source.subarray(y * sourceStride, (y + rows) * sourceStride), bandAt);
      if (premultiplied) kernel.premultiply(bandAt, align(rows * sourceStride));
      const to = rowsAt + y * stride;
      if (across) {
        kernel.horizontal(bandAt, sourceStride, rows, firstAt, weightsAt, across.pairs, to, stride, outWidth);
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
        kernel.vertical(rowsAt + down.first[y]! * stride, stride, weights, pairs, outAt, stride);
        line = outAt;
      }
      out.set(heap.subarray(line, line + lineBytes), y * lineBytes);
    }
    return out;
  };
}

let shared: Resampler | undefined;

/** The WebAssembly resampler of this thread, made at the first call; the plain one where SIMD is missing. */
export function fastResampler(): Resampler {
  if (!shared) {
    try {
      shared = createWasmResampler();
    } catch {
      shared = referenceResampler;
    }
  }
  return shared;
}
