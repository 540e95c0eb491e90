import { layerNames, shapeOfWeights, type Weight, weightShapes } from '../vgg16-weights.ts';
import { bad } from './architecture.ts';

/** A weight in canonical form, and what it is in the file it comes from. */
export interface SourceWeight {
  weight: Weight;
  /** Name in the file. */
  origin: string;
  /** Shape in the file. */
  stored: number[];
}

/** `block1_conv1` … `block5_conv3`, `fc1`, and whether it is a convolution. */
export const layers: { name: string; kernel: boolean }[] = [
  ...layerNames.map((name) => ({ name, kernel: true })),
  { name: 'fc1', kernel: false },
];

/** Keras' names of the layers after fc1, which are not read. */
export const unreadLayers: readonly string[] = ['fc2', 'predictions'];

/**
 * Checks that all weights are there and fit one another.
 *
 * @param found by canonical name
 * @returns the weights in the order of the layers
 * @throws LikenessError `bad-file` that names the tensor as the file does
 */
export function checkedWeights(found: ReadonlyMap<string, SourceWeight>): Map<string, Weight> {
  for (const { name, kernel } of layers) {
    const part = found.get(`${name}.weight`);
    const { length } = part?.weight.shape ?? [];
    if (part && (length !== (kernel ? 4 : 2) || part.stored.includes(0))) {
      throw bad(
        `"${part.origin}" has the shape ${part.stored.join('×')}; that is not ${kernel ? 'a 3×3 convolution' : 'a fully connected layer'}.`,
      );
    }
  }
  const weights = new Map([...found].map(([name, { weight }]) => [name, weight]));
  const shape = shapeOfWeights(weights);
  const flat = found.get('fc1.weight')!;
  if (!Number.isInteger(shape.inputSize / 32)) {
    throw bad(
      `"${flat.origin}" (${flat.stored.join('×')}) takes ${flat.weight.shape[1]} values; that is not ${shape.widths[4]} channels of a square.`,
    );
  }
  return new Map(
    [...weightShapes(shape)].map(([name, wanted]) => {
      const part = found.get(name);
      if (!part) throw bad(`The file lacks ${name}.`);
      const { weight, origin, stored } = part;
      if (weight.shape.join() !== wanted.join()) {
        throw bad(
          `"${origin}" has the shape ${stored.join('×')}, as ${name} ${weight.shape.join('×')}; beside the other layers ${wanted.join('×')} was wanted.`,
        );
      }
      return [name, { ...weight, name }];
    }),
  );
}
