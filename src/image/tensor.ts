import { LikenessError } from '../base/errors.ts';
import type { Pixels } from './pixels.ts';
import { isDivisor, type Preprocessing } from './preprocessing.ts';
import { resize } from './resize.ts';
import type { Resampler } from './resize-wasm.ts';
import { toRgb } from './rgb.ts';

/**
 * The values of a channel's 256 bytes, each step rounded to float32 as NumPy and PyTorch do: a quotient or difference
 * of two float32 that is rounded to double first rounds to the same float32.
 */
function valuesOf(divisor: number, mean: number, std: number): Float32Array {
  const { fround } = Math;
  return Float32Array.from({ length: 256 }, (_, byte) =>
    fround(fround(fround(byte / fround(divisor)) - fround(mean)) / fround(std)),
  );
}

/**
 * A picture as a network takes it: resized as Pillow does, channels in the order asked for, their values as
 * {@link Preprocessing} says, in float32 (Keras' `preprocess_input` in mode `caffe`; torchvision's `Resize`,
 * `CenterCrop`, `ToTensor` and `Normalize`).
 *
 * @param out where the result goes; 3 · height · width values. Default: a new array
 * @returns 1 × 3 × height × width float32
 * @throws LikenessError `bad-image` or `bad-argument`
 */
export function toTensor(
  pixels: Pixels,
  preprocessing: Preprocessing,
  out?: Float32Array,
  resample?: Resampler,
): Float32Array {
  const { width, height, channels, divisor = 1, mean, std = [1, 1, 1] } = preprocessing;
  const plane = width * height;
  if (out && out.length !== 3 * plane)
    throw new LikenessError('bad-argument', `the tensor needs ${3 * plane} values; "out" has ${out.length}`);
  if (![divisor, ...std].every(isDivisor))
    throw new LikenessError(
      'bad-argument',
      `"divisor" and "std" must be above 0 and finite; got ${divisor} and ${std.join(', ')}`,
    );
  const bytes = resize(preprocessing.rgbFirst ? toRgb(pixels) : pixels, preprocessing, resample);
  const tensor = out ?? new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    const values = valuesOf(divisor, mean[c]!, std[c]!);
    let from = channels === 'BGR' ? 2 - c : c;
    for (let i = c * plane; i < (c + 1) * plane; i++, from += 4) tensor[i] = values[bytes[from]!]!;
  }
  return tensor;
}
