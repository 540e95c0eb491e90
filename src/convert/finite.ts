import { LikenessError } from '../base/errors.ts';
import { fromFloat16 } from '../base/float16.ts';
import type { DataType } from '../network/manifest.ts';
import type { Weight } from './vgg16-weights.ts';

/** Exponent bits that are all ones: NaN or infinity. */
const exponent32 = 0x7f800000;
const exponent16 = 0x7c00;

/**
 * The first value that is NaN or infinite.
 *
 * @param bytes little-endian float32 or float16
 */
export function firstNotFinite(
  bytes: Uint8Array,
  dataType: DataType,
): { index: number; value: number } | undefined {
  const size = dataType === 'float16' ? 2 : 4;
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  if (size === 2) {
    const halves = new Uint16Array(buffer, byteOffset, byteLength / 2);
    const index = halves.findIndex((half) => (half & exponent16) === exponent16);
    return index < 0 ? undefined : { index, value: fromFloat16(halves[index]!) };
  }
  const words = new Uint32Array(buffer, byteOffset, byteLength / 4);
  const index = words.findIndex((word) => (word & exponent32) === exponent32);
  return index < 0 ? undefined : { index, value: new Float32Array(buffer, byteOffset + 4 * index, 1)[0]! };
}

/**
 * A weight that is checked as it is read: `data` throws LikenessError `bad-model`, which names it, where a value is NaN
 * or infinite.
 */
export function finiteWeight(name: string, weight: Weight): Weight {
  return {
    ...weight,
    async data(from, to) {
      const bytes = await weight.data(from, to);
      const wrong = firstNotFinite(bytes, weight.dataType);
      if (wrong) throw notFinite(`"${name}" holds ${wrong.value}`);
      return bytes;
    },
  };
}

const notFinite = (what: string): LikenessError =>
  new LikenessError(
    'bad-model',
    `The weight ${what}; features made with it would be no numbers. Was the file damaged, or the training diverging? Take another file.`,
  );

/** @throws LikenessError `bad-model` when values that a variant stores have become infinite */
export function checkStored(name: string, encoding: string, bytes: Uint8Array, dataType: DataType): void {
  if (!firstNotFinite(bytes, dataType)) return;
  throw new LikenessError(
    'bad-model',
    `The weight "${name}" holds values too large to be stored as ${encoding}, whose float16 end at 65504; take the variant f32.`,
  );
}
