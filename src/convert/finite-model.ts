import { LikenessError } from '../base/errors.ts';
import { readBytes } from '../base/random-access.ts';
import { pieceLayout } from '../network/dense/encoding.ts';
import type { Model } from '../network/load.ts';
import type { DataType, Manifest } from '../network/manifest.ts';
import { firstNotFinite } from './finite.ts';
import { convolutions as vgg16Convolutions } from './vgg16-weights.ts';

/** Values that are stored one after another. */
interface Stretch {
  /** Whose they are, for messages. */
  name: string;
  file: string;
  from: number;
  to: number;
  dataType: DataType;
}

/** Read at once; a multiple of a value's size. */
const pieceBytes = 4 * 2 ** 20;

/**
 * Checks that all stored weights are finite. The codes of q8 and q4 always are; their scales need not be.
 *
 * @throws LikenessError `bad-model` that names the layer
 */
export async function checkFiniteModel({ manifest, files }: Model): Promise<void> {
  for (const { name, file, from, to, dataType } of stretches(manifest)) {
    for (let at = from; at < to; at += pieceBytes) {
      const bytes = await readBytes(files.get(file)!, at, Math.min(to - at, pieceBytes), 'bad-model');
      const wrong = firstNotFinite(bytes, dataType);
      if (wrong)
        throw new LikenessError(
          'bad-model',
          `${manifest.fingerprint}: ${name} holds ${wrong.value} (${file}); features made with it are no numbers. Build the model again from other weights.`,
        );
    }
  }
}

function* stretches({ convolutions, dense, output }: Manifest): Generator<Stretch> {
  const size: Record<DataType, number> = { float32: 4, float16: 2 };
  const names = vgg16Convolutions({ widths: [1, 1, 1, 1, 1] }).map(({ name }) => name);
  for (const [i, { inputs, outputs, kernel, bias }] of convolutions.entries()) {
    const layer = convolutions.length === names.length ? names[i]! : `convolution ${i + 1}`;
    for (const [part, { file, offset, dataType }, values] of [
      ['weight', kernel, outputs * inputs * 9],
      ['bias', bias, outputs],
    ] as const) {
      yield {
        name: `"${layer}.${part}"`,
        file,
        from: offset,
        to: offset + values * size[dataType],
        dataType,
      };
    }
  }
  if (!dense) return;
  const { encoding, inputs, files } = dense;
  const rows = output.dimension / files.length;
  const { scales, bias, byteLength } = pieceLayout(encoding, rows, inputs);
  for (const file of files) {
    if (encoding === 'f32') yield { name: '"fc1.weight"', file, from: 0, to: scales, dataType: 'float32' };
    if (encoding === 'f16') yield { name: '"fc1.weight"', file, from: 0, to: scales, dataType: 'float16' };
    yield { name: 'a scale of "fc1.weight"', file, from: scales, to: bias, dataType: 'float16' };
    yield { name: '"fc1.bias"', file, from: bias, to: byteLength, dataType: 'float32' };
  }
}
