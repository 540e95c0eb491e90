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
  for (let c = 0; c < 3; c++) {
    // A byte less a float32 is exact in double precision, so storing it rounds once, as NumPy's float32 subtraction does.
    const level = Math.fround(mean[c]!);
    let from = channels === 'BGR' ? 2 - c : c;
    for (let i = c * plane; i < (c + 1) * plane; i++, from += 4) tensor[i] = bytes[from]! - level;
  }
  return tensor;
}
