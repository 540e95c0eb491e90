import type { Weight } from '../vgg16-weights.ts';
import { bad, checkLayers } from './architecture.ts';
import { layers, type SourceWeight, unreadLayers } from './vgg16-source.ts';

/** Places of the convolutions in torchvision's `features` (torchvision/models/vgg.py, configuration D). */
const features = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];

/** Where fc1 is: in torchvision `classifier.0`, in timm a 7×7 convolution. The flatten is channels-first in both. */
const fc1Names = ['classifier.0', 'pre_logits.fc1'];

/** What follows fc1 under any of these names, and is not read. */
const unread = ['classifier.3', 'classifier.6', 'pre_logits.fc2', 'head.fc', ...unreadLayers];

const wanted = 'VGG16 with its fc1, e.g. model.safetensors of timm/vgg16.tv_in1k';

/** What the layers of `layers` are called in this file. */
function namingOf(names: readonly string[]): { kind: 'torchvision' | 'canonical'; layers: string[] } {
  if (names.some((name) => name.startsWith('block1_conv1.')))
    return { kind: 'canonical', layers: layers.map(({ name }) => name) };
  const fc1 = fc1Names.find((name) => names.includes(`${name}.weight`)) ?? fc1Names[0]!;
  return { kind: 'torchvision', layers: [...features.map((place) => `features.${place}`), fc1] };
}

/**
 * Checks by names alone that a safetensors file is of VGG16: those of torchvision, of timm (vgg16.tv_in1k), or our own,
 * `block1_conv1.weight` … `fc1.bias`.
 *
 * @throws LikenessError `bad-file` that names the layers that are missing or of another network
 */
export function checkTensorNames(names: readonly string[]): void {
  const naming = namingOf(names);
  // A tensor that is neither weight nor bias is a layer of its own here, e.g. "features.1.running_mean".
  const held = names.map((name) => name.replace(/\.(weight|bias)$/, ''));
  checkLayers('The safetensors file', held, naming.layers, unread, wanted);
}

/**
 * Finds VGG16 in the tensors of a safetensors file, whose names {@link checkTensorNames} found right.
 *
 * @throws LikenessError `bad-file` when a tensor is missing
 */
export function vgg16InTensors(tensors: ReadonlyMap<string, Weight>): {
  kind: 'torchvision' | 'canonical';
  found: Map<string, SourceWeight>;
} {
  const naming = namingOf([...tensors.keys()]);
  const found = new Map<string, SourceWeight>();
  for (const [i, { name }] of layers.entries()) {
    for (const part of ['weight', 'bias']) {
      const theirs = `${naming.layers[i]}.${part}`;
      const tensor = tensors.get(theirs);
      if (!tensor) throw bad(`The safetensors file lacks "${theirs}". Wanted: ${wanted}.`);
      const { shape } = tensor;
      const flat = name === 'fc1' && shape.length === 4;
      const weight = flat ? { ...tensor, shape: [shape[0]!, shape[1]! * shape[2]! * shape[3]!] } : tensor;
      found.set(`${name}.${part}`, { weight, origin: tensor.name, stored: shape });
    }
  }
  return { kind: naming.kind, found };
}
