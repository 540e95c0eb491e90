import bytes from '#wasm/dense.simd.wasm';
import { LikenessError } from '../../base/errors.ts';
import { fromFloat16 } from '../../base/float16.ts';
import { namedArguments } from '../../base/named-arguments.ts';
import { readBytes } from '../../base/random-access.ts';
import { encodings, rowScales } from './encoding.ts';
import { type DenseLayer, readInSlices } from './layer.ts';

/** Parameters of `assembly/dense.ts`. */
const parameters = {
  // biome-ignore format: as in the kernel
  dense: ['form', 'weights', 'rowBytes', 'scales', 'bias', 'rows', 'k', 'x', 'n', 'y', 'yStride', 'scratch'],
} as const;

/** A dense layer on the CPU. */
export interface Dense {
  /**
   * @param x n × inputs
   * @returns n × outputs, a new array
   */
  run(x: Float32Array, n: number): Float32Array;
}

const page = 65536;
/** Pictures of one pass over the weights. */
const maxPictures = 8;
/** Room for the kernel's scratch: 2048 float32 and a float64 for each picture. */
const scratchBytes = 2048 * 4 + maxPictures * 8;
const align = (byteLength: number): number => Math.ceil(byteLength / 64) * 64;

/** Loads a layer into a WebAssembly memory of its own, as it is stored: it is never in memory twice. */
export async function createWasmDense(layer: DenseLayer): Promise<Dense> {
  const { encoding, inputs, outputs, rows, layout, pieces } = layer;
  let end = 0;
  const place = (byteLength: number): number => {
    const at = end;
    end += align(byteLength);
    return at;
  };
  const xAt = place(maxPictures * inputs * 4);
  const yAt = place(maxPictures * outputs * 4);
  const scratchAt = place(scratchBytes);
  const biasAt = place(outputs * 4);
  const scalesOfRow = rowScales(encoding, inputs);
  const scalesAt = place(outputs * scalesOfRow * 4);
  const weightsAt = place(outputs * layout.rowBytes);

  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: Math.ceil(end / page) });
  } catch (error) {
    throw new LikenessError(
      'no-backend',
      `There is no memory for ${Math.ceil(end / 2 ** 20)} MiB of weights; take a smaller variant of the model (q8 or q4).`,
      { cause: error },
    );
  }
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const kernel = namedArguments(instance.exports, parameters);
  const heap = new Uint8Array(memory.buffer);
  const scales = new Float32Array(memory.buffer, scalesAt, outputs * scalesOfRow);
  for (const [i, piece] of pieces.entries()) {
    const first = i * rows;
    const weightBytes = rows * layout.rowBytes;
    await readInSlices(piece, 0, weightBytes, (slice, at) =>
      heap.set(slice, weightsAt + first * layout.rowBytes + at),
    );
    await readInSlices(piece, layout.scales, layout.scales + rows * scalesOfRow * 2, (slice, at) => {
      const view = new DataView(slice.buffer, slice.byteOffset, slice.byteLength);
      for (let s = 0; s < slice.length; s += 2) {
        scales[first * scalesOfRow + (at + s) / 2] = fromFloat16(view.getUint16(s, true));
      }
    });
    const biases = await readBytes(piece, layout.bias, layout.byteLength - layout.bias, 'bad-model');
    heap.set(biases, biasAt + first * 4);
  }

  const form = encodings.indexOf(encoding);
  return {
    run(x, n) {
      const out = new Float32Array(n * outputs);
      for (let first = 0; first < n; first += maxPictures) {
        const count = Math.min(maxPictures, n - first);
        new Float32Array(memory.buffer, xAt, count * inputs).set(
          x.subarray(first * inputs, (first + count) * inputs),
        );
        kernel.dense({
          form,
          weights: weightsAt,
          rowBytes: layout.rowBytes,
          scales: scalesAt,
          bias: biasAt,
          rows: outputs,
          k: inputs,
          x: xAt,
          n: count,
          y: yAt,
          yStride: outputs * 4,
          scratch: scratchAt,
        });
        out.set(new Float32Array(memory.buffer, yAt, count * outputs), first * outputs);
      }
      return out;
    },
  };
}
