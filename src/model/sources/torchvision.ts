import { LikenessError } from '../../errors.ts';
import type { Weight } from '../vgg16-weights.ts';
import { layers, type SourceWeight } from './vgg16-source.ts';

/** Places of the convolutions in torchvision's `features` (torchvision/models/vgg.py, configuration D). */
const features = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];

/** Where fc1 is: in torchvision `classifier.0`, in timm a 7×7 convolution. The flatten is channels-first in both. */
const fc1Names = ['classifier.0', 'pre_logits.fc1'];

/**
 * Finds VGG16 in the tensors of a safetensors file by their names: those of torchvision, of timm (vgg16.tv_in1k), or our
 * own, `block1_conv1.weight` … `fc1.bias`.
 *
 * @throws LikenessError `bad-file` when the names are of another network
 */
export function vgg16InTensors(tensors: ReadonlyMap<string, Weight>): {
  kind: 'torchvision' | 'canonical';
  found: Map<string, SourceWeight>;
} {
  const canonical = tensors.has('block1_conv1.weight');
  const fc1 = canonical ? 'fc1' : fc1Names.find((name) => tensors.has(`${name}.weight`));
  if (tensors.has('features.1.running_mean') || tensors.has('features.30.weight'))
    throw new LikenessError(
      'bad-file',
      'The tensors are of another VGG (batch normalisation, or more layers); wanted VGG16, e.g. timm/vgg16.tv_in1k.',
    );
  const found = new Map<string, SourceWeight>();
  for (const [i, { name, kernel }] of layers.entries()) {
    const theirs = canonical ? name : kernel ? `features.${features[i]}` : fc1;
    for (const part of ['weight', 'bias']) {
      const tensor = theirs && tensors.get(`${theirs}.${part}`);
      if (!tensor) {
        throw new LikenessError(
          'bad-file',
          `The tensors lack ${theirs ? `"${theirs}.${part}"` : `fc1 (${fc1Names.map((known) => `"${known}.weight"`).join(' or ')})`}; wanted VGG16 with its fc1, e.g. model.safetensors of timm/vgg16.tv_in1k. There are: ${[...tensors.keys()].slice(0, 4).join(', ')} …`,
        );
      }
      const { shape } = tensor;
      const flat = name === 'fc1' && shape.length === 4;
      const weight = flat ? { ...tensor, shape: [shape[0]!, shape[1]! * shape[2]! * shape[3]!] } : tensor;
      found.set(`${name}.${part}`, { weight, origin: tensor.name, stored: shape });
    }
  }
  return { kind: canonical ? 'canonical' : 'torchvision', found };
}
