import { LikenessError } from '../errors.ts';
import type { Pixels } from './pixels.ts';
import type { Preprocessing } from './preprocessing.ts';
import { type Resampler, resize } from './resize.ts';
import { fastResampler } from './resize-wasm.ts';

/**
 * A picture as a network takes it: resized as Pillow does, channels in the order asked for, less their mean in float32
 * (Keras' `preprocess_input` in mode `caffe`).
 *
 * @param out where the result goes; 3 · height · width values. Default: a new array
 * @returns 1 × 3 × height × width float32
 * @throws LikenessError `bad-image` or `bad-argument`
 */
export function toTensor(
  pixels: Pixels,
  preprocessing: Preprocessing,
  out?: Float32Array,
  resample: Resampler = fastResampler(),
): Float32Array {
  const { width, height, channels, mean } = preprocessing;
  const plane = width * height;
  if (out && out.length !== 3 * plane)
    throw new LikenessError('bad-argument', `the tensor needs ${3 * plane} values; "out" has ${out.length}`);
  const bytes = resize(pixels, width, height, resample);
  const tensor = out ?? new Float32Array(3 * plane);
  const first = channels === 'BGR' ? 2 : 0;
  const [m0, m1, m2] = [Math.fround(mean[0]), Math.fround(mean[1]), Math.fround(mean[2])];
  // A byte less a float32 is exact in double precision, so storing it rounds once, as NumPy's float32 subtraction does.
  for (let i = 0, from = 0; i < plane; i++, from += 4) {
    tensor[i] = bytes[from + first]! - m0;
    tensor[plane + i] = bytes[from + 1]! - m1;
    tensor[2 * plane + i] = bytes[from + 2 - first]! - m2;
  }
  return tensor;
}
