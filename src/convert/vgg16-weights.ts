import { LikenessError } from '../base/errors.ts';
import type { DataType } from '../network/manifest.ts';

const bad = (what: string): LikenessError => new LikenessError('bad-model', what);

/** Convolutions in each of the five blocks (Simonyan & Zisserman, arXiv 1409.1556, configuration D). */
const convolutionsPerBlock = [2, 2, 3, 3, 3] as const;

/** A named weight. Its data are asked for in pieces, so that a large network never is in memory as a whole. */
export interface Weight {
  name: string;
  dataType: DataType;
  shape: number[];
  /** Little-endian values in C order of the rows (first axis) `from` … `to` − 1. */
  data(from: number, to: number): Uint8Array | Promise<Uint8Array>;
}

/** Widths and sizes of a network of VGG16's shape. */
export interface Vgg16Shape {
  /** Channels of the five blocks: 64 128 256 512 512 in the original. */
  widths: number[];
  /** Side of the square input in pixels, a multiple of 32: 224. */
  inputSize: number;
  /** Width of fc1: 4096. */
  fc1: number;
}

/** A convolution of VGG16. A pooling follows the last one of a block. */
export interface ConvolutionLayer {
  name: string;
  inputs: number;
  outputs: number;
  pool: boolean;
}

/** `block1_conv1` … `block5_conv3`, as Keras names them, with their channels. */
export function convolutions({ widths }: Pick<Vgg16Shape, 'widths'>): ConvolutionLayer[] {
  let inputs = 3;
  return convolutionsPerBlock.flatMap((count, block) =>
    Array.from({ length: count }, (_, i) => {
      const name = `block${block + 1}_conv${i + 1}`;
      const layer = { name, inputs, outputs: widths[block]!, pool: i === count - 1 };
      inputs = layer.outputs;
      return layer;
    }),
  );
}

/** Names of the convolutions, whatever their widths. */
export const layerNames: readonly string[] = convolutions({ widths: [1, 1, 1, 1, 1] }).map(
  ({ name }) => name,
);

/** Names and shapes of all weights: kernels [out, in, 3, 3], `fc1.weight` [out, C·h·w] over a channels-first flatten. */
export function weightShapes(shape: Vgg16Shape): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  for (const { name, inputs, outputs } of convolutions(shape)) {
    shapes.set(`${name}.weight`, [outputs, inputs, 3, 3]);
    shapes.set(`${name}.bias`, [outputs]);
  }
  shapes.set('fc1.weight', [shape.fc1, shape.widths[4]! * (shape.inputSize / 32) ** 2]);
  shapes.set('fc1.bias', [shape.fc1]);
  return shapes;
}

/** The shape that weights imply. */
export function shapeOfWeights(weights: ReadonlyMap<string, Pick<Weight, 'shape'>>): Vgg16Shape {
  const of = (name: string): number[] => {
    const weight = weights.get(name);
    if (weight) return weight.shape;
    throw bad(`The weights lack "${name}"; they are not of a VGG16 with its fc1.`);
  };
  const widths = [1, 2, 3, 4, 5].map((block) => of(`block${block}_conv1.weight`)[0]!);
  const [fc1, flat] = of('fc1.weight');
  return { widths, fc1: fc1!, inputSize: 32 * Math.sqrt(flat! / widths[4]!) };
}

/**
 * Checks that weights are those of a network of VGG16's shape.
 *
 * @throws LikenessError `bad-model` when one is missing or has another shape
 */
export function checkWeights(weights: ReadonlyMap<string, Weight>): void {
  const shape = shapeOfWeights(weights);
  if (!Number.isInteger(shape.inputSize / 32)) {
    const columns = weights.get('fc1.weight')?.shape[1];
    throw bad(`fc1.weight has ${columns} columns, which is not ${shape.widths[4]} channels of a square.`);
  }
  for (const [name, wanted] of weightShapes(shape)) {
    const came = weights.get(name)?.shape;
    if (came?.join() === wanted.join()) continue;
    const what = came ? `has the shape ${came.join('×')}` : 'is missing';
    throw bad(`The weight "${name}" ${what}; wanted ${wanted.join('×')}.`);
  }
}
