import { viewOf } from '../base/bytes.ts';
import { fromFloat16 } from '../base/float16.ts';
import { convolutions, shapeOfWeights, type Weight } from './vgg16-weights.ts';

/** A weight's values in float64. */
async function values({ dataType, shape, data }: Weight): Promise<Float64Array> {
  const bytes = await data(0, shape[0]!);
  const view = viewOf(bytes);
  return dataType === 'float16'
    ? Float64Array.from({ length: bytes.length / 2 }, (_, i) => fromFloat16(view.getUint16(2 * i, true)))
    : Float64Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/**
 * VGG16's convolutions and poolings in float64, written to be read: with {@link denseRow}, what every runtime's answer
 * is compared with.
 *
 * @param input 3 × size × size
 * @param onLayer gets the share of the work that is done, 0 … 1, and is waited for
 * @returns the last pooling's values, channels first
 */
export async function forwardConvolutions(
  weights: ReadonlyMap<string, Weight>,
  input: Float32Array,
  onLayer: (share: number) => void | Promise<void> = () => {},
): Promise<Float64Array> {
  const shape = shapeOfWeights(weights);
  let size = shape.inputSize;
  let picture: Float64Array = Float64Array.from(input);
  const layers = convolutions(shape);
  for (const [i, { name, inputs, outputs, pool }] of layers.entries()) {
    const kernel = await values(weights.get(`${name}.weight`)!);
    const bias = await values(weights.get(`${name}.bias`)!);
    picture = convolve(picture, size, kernel, bias, inputs, outputs);
    if (pool) {
      picture = maxPool(picture, size, outputs);
      size /= 2;
    }
    await onLayer((i + 1) / layers.length);
  }
  return picture;
}

/** One value of a dense layer and its ReLU: max(row · x + bias, 0). */
export function denseRow(row: ArrayLike<number>, bias: number, x: Float64Array): number {
  let sum = bias;
  for (let j = 0; j < x.length; j++) sum += row[j]! * x[j]!;
  return Math.max(sum, 0);
}

/** 3×3 convolution, stride 1, zero padding 1, then ReLU. */
export function convolve(
  x: Float64Array,
  size: number,
  kernel: Float64Array,
  bias: Float64Array,
  inputs: number,
  outputs: number,
): Float64Array<ArrayBuffer> {
  const side = size + 2;
  const padded = new Float64Array(inputs * side * side);
  for (let row = 0; row < inputs * size; row++) {
    const [c, y] = [Math.floor(row / size), row % size];
    padded.set(x.subarray(row * size, (row + 1) * size), (c * side + y + 1) * side + 1);
  }
  const plane = size * size;
  const out = new Float64Array(outputs * plane);
  for (let o = 0; o < outputs; o++) {
    const to = out.subarray(o * plane, (o + 1) * plane).fill(bias[o]!);
    for (let c = 0; c < inputs; c++) {
      const at = (o * inputs + c) * 9;
      const [k0, k1, k2, k3, k4, k5, k6, k7, k8] = kernel.subarray(at, at + 9) as unknown as number[];
      for (let y = 0; y < size; y++) {
        let a = (c * side + y) * side; // the row above, the row itself, the row below
        for (let i = y * size; i < (y + 1) * size; i++, a++) {
          const b = a + side;
          const d = b + side;
          to[i]! +=
            k0! * padded[a]! +
            k1! * padded[a + 1]! +
            k2! * padded[a + 2]! +
            k3! * padded[b]! +
            k4! * padded[b + 1]! +
            k5! * padded[b + 2]! +
            k6! * padded[d]! +
            k7! * padded[d + 1]! +
            k8! * padded[d + 2]!;
        }
      }
    }
  }
  return out.map((value) => Math.max(value, 0));
}

/** The largest of each 2×2 square. */
export function maxPool(x: Float64Array, size: number, channels: number): Float64Array<ArrayBuffer> {
  const half = size / 2;
  const out = new Float64Array(channels * half * half);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < half; y++) {
      for (let column = 0; column < half; column++) {
        const at = c * size * size + 2 * y * size + 2 * column;
        out[(c * half + y) * half + column] = Math.max(x[at]!, x[at + 1]!, x[at + size]!, x[at + size + 1]!);
      }
    }
  }
  return out;
}
