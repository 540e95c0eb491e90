import { LikenessError } from '../base/errors.ts';
import { fromFloat16 } from '../base/float16.ts';
import { readBytes } from '../base/random-access.ts';
import { pieceLayout } from '../network/dense/encoding.ts';
import type { Model } from '../network/load.ts';
import type { DataType, Manifest } from '../network/manifest.ts';
import { layerNames, type Weight } from './vgg16-weights.ts';

const bad = (what: string): LikenessError => new LikenessError('bad-model', what);

/**
 * The first value that is NaN or infinite: whose exponent bits are all ones.
 *
 * @param bytes little-endian float32 or float16
 */
function firstNotFinite(bytes: Uint8Array, dataType: DataType): number | undefined {
  const size = dataType === 'float16' ? 2 : 4;
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  if (size === 2) {
    const half = new Uint16Array(buffer, byteOffset, byteLength / 2).find(
      (bits) => (bits & 0x7c00) === 0x7c00,
    );
    return half === undefined ? undefined : fromFloat16(half);
  }
  const words = new Uint32Array(buffer, byteOffset, byteLength / 4);
  const index = words.findIndex((word) => (word & 0x7f800000) === 0x7f800000);
  return index < 0 ? undefined : new Float32Array(buffer, byteOffset + 4 * index, 1)[0]!;
}

/** A weight that is checked as it is read: `data` throws LikenessError `bad-model` where a value is not finite. */
export function finiteWeight(name: string, weight: Weight): Weight {
  return {
    ...weight,
    async data(from, to) {
      const bytes = await weight.data(from, to);
      const wrong = firstNotFinite(bytes, weight.dataType);
      if (wrong === undefined) return bytes;
      throw bad(
        `The weight "${name}" holds ${wrong}; features made with it would be no numbers. Was the file damaged, or the training diverging? Take another file.`,
      );
    },
  };
}

/** @throws LikenessError `bad-model` when values that a variant stores have become infinite */
export function checkStored(name: string, encoding: string, bytes: Uint8Array, dataType: DataType): void {
  if (firstNotFinite(bytes, dataType) === undefined) return;
  throw bad(
    `The weight "${name}" holds values too large to be stored as ${encoding}, whose float16 end at 65504; take the variant f32.`,
  );
}

/** @throws LikenessError `bad-file` when the first row of a weight holds NaN or infinity */
export async function checkFirstRow({ dataType, data }: Weight, origin: string): Promise<void> {
  const wrong = firstNotFinite(await data(0, 1), dataType);
  if (wrong === undefined) return;
  throw new LikenessError(
    'bad-file',
    `"${origin}" holds ${wrong}: that is no fc1. (torchvision's IMAGENET1K_FEATURES has NaN in place of its classifier; IMAGENET1K_V1 has one.)`,
  );
}

/** Read at once; a multiple of a value's size. */
const pieceBytes = 4 * 2 ** 20;

/**
 * Checks that all values of a built model are finite. The codes of q8 and q4 always are; their scales need not be.
 *
 * @throws LikenessError `bad-model` that names the layer
 */
export async function checkFiniteModel({ manifest, files }: Model): Promise<void> {
  for (const { name, file, from, to, dataType } of stretches(manifest)) {
    for (let at = from; at < to; at += pieceBytes) {
      const bytes = await readBytes(files.get(file)!, at, Math.min(to - at, pieceBytes), 'bad-model');
      const wrong = firstNotFinite(bytes, dataType);
      if (wrong !== undefined)
        throw bad(
          `${manifest.fingerprint}: ${name} holds ${wrong} (${file}); features made with it are no numbers. Build the model again from other weights.`,
        );
    }
  }
}

/** Values that are stored one after another, with whose they are. */
interface Stretch {
  name: string;
  file: string;
  from: number;
  to: number;
  dataType: DataType;
}

function* stretches({ convolutions, dense, output }: Manifest): Generator<Stretch> {
  for (const [i, { inputs, outputs, kernel, bias }] of convolutions.entries()) {
    const layer = convolutions.length === layerNames.length ? layerNames[i]! : `convolution ${i + 1}`;
    for (const [part, { file, offset, dataType }, values] of [
      ['weight', kernel, outputs * inputs * 9],
      ['bias', bias, outputs],
    ] as const) {
      const to = offset + values * (dataType === 'float16' ? 2 : 4);
      yield { name: `"${layer}.${part}"`, file, from: offset, to, dataType };
    }
  }
  if (!dense) return;
  const { encoding, inputs, files } = dense;
  const { scales, bias, byteLength } = pieceLayout(encoding, output.dimension / files.length, inputs);
  for (const file of files) {
    if (encoding === 'f32') yield { name: '"fc1.weight"', file, from: 0, to: scales, dataType: 'float32' };
    if (encoding === 'f16') yield { name: '"fc1.weight"', file, from: 0, to: scales, dataType: 'float16' };
    yield { name: 'a scale of "fc1.weight"', file, from: scales, to: bias, dataType: 'float16' };
    yield { name: '"fc1.bias"', file, from: bias, to: byteLength, dataType: 'float32' };
  }
}
