import { bad } from './architecture.ts';
import { unreadLayers, layers as vgg16Layers } from './vgg16-source.ts';

/** A layer with weights in a Keras file. Paths are those of datasets. */
export interface KerasLayer {
  name: string;
  /** Path of its group. */
  path: string;
  kernel?: string;
  bias?: string;
  /** Weights that are neither. */
  others: string[];
}

/** The state of an optimizer, of metrics and of random numbers, which a whole model is saved with. */
const noLayers =
  /^\/(optimizer(_weights)?|metrics|compile_metrics|top_level_model_weights)\/|\/seed_generators?\//;

/** Paths of all layers of a file of Keras 3, those without weights too. */
export function keras3Groups(paths: readonly string[]): string[] {
  const ofLayer = /^\/(layers|_layer_checkpoint_dependencies)\/.*\/vars$/;
  return paths
    .filter((path) => ofLayer.test(path) && !noLayers.test(path))
    .map((path) => path.slice(0, -'/vars'.length));
}

/**
 * The layers with weights of a Keras file, wherever they lie: at its root, in `model_weights`, in a model that is a layer
 * of another, or in the `vars` of Keras 3. Three ways to name weights are known: `block1_conv1_W_1:0` of Keras 1,
 * `kernel:0` or `kernel` later, and the numbers of `.keras` and `.weights.h5`.
 *
 * @param datasets paths of all datasets
 * @param nameOf the name that Keras gave to the layer of such a path in `.keras` and `.weights.h5`, where it is known
 */
export function kerasLayers(
  datasets: readonly string[],
  nameOf: (path: string) => string | undefined,
): KerasLayer[] {
  const layers = new Map<string, KerasLayer>();
  for (const dataset of datasets) {
    if (noLayers.test(dataset)) continue;
    const parts = dataset.split('/');
    const weight = parts.pop()!.replace(/:\d+$/, '');
    const numbered = parts.at(-1) === 'vars';
    if (numbered) parts.pop();
    const path = parts.join('/');
    const group = parts.at(-1) ?? '';
    const name = (numbered ? nameOf(path) : undefined) ?? group;
    const layer: KerasLayer = layers.get(path) ?? { name, path, others: [] };
    layers.set(path, layer);
    const says = (...names: string[]): boolean =>
      numbered ? names.includes(weight) : names.some((name) => weight === name || weight === `${name}_1`);
    if (numbered ? says('0') : says('kernel', `${group}_W`)) layer.kernel = dataset;
    else if (numbered ? says('1') : says('bias', `${group}_b`)) layer.bias = dataset;
    else layer.others.push(dataset);
  }
  return [...layers.values()];
}

/** What the layers of VGG16 are called where Keras 3 does not store their names: by their class. */
const classes = /\/(conv2d|dense|max_pooling2d|flatten|dropout|input_layer)(?:_(\d+))?$/;

/**
 * Names the layers of a file of Keras 3 that has no names, by their order, as Keras itself does when it loads it. Only a
 * file of VGG16 with all its layers is taken: of fewer it could not be told which dense layer is fc1.
 *
 * @param groups paths of all layers, those without weights too
 * @returns `undefined` where the layers have names
 * @throws LikenessError `bad-file` when there are other layers than VGG16's
 */
export function namedByOrder(
  layers: readonly KerasLayer[],
  groups: readonly string[],
): KerasLayer[] | undefined {
  const ours = new Set(vgg16Layers.map(({ name }) => name));
  if (layers.length === 0 || groups.length === 0 || layers.some(({ name }) => ours.has(name)))
    return undefined;
  if (!layers.some(({ path }) => classes.exec(path)?.[1] === 'conv2d')) return undefined;
  const counts = new Map<string, number>();
  const others: string[] = [];
  for (const path of groups) {
    const kind = classes.exec(path)?.[1];
    if (kind) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    else others.push(path.split('/').at(-1)!);
  }
  const of = (kind: string): KerasLayer[] =>
    layers
      .filter(({ path }) => classes.exec(path)?.[1] === kind)
      .sort((a, b) => Number(classes.exec(a.path)?.[2] ?? 0) - Number(classes.exec(b.path)?.[2] ?? 0));
  const [convolutions, dense] = [of('conv2d'), of('dense')];
  const pools = counts.get('max_pooling2d') ?? 0;
  const containers = new Set(groups.map((path) => path.slice(0, path.lastIndexOf('/'))));
  const isWhole = convolutions.length === 13 && dense.length === 3 && (pools === 0 || pools === 5);
  if (!isWhole || others.length > 0 || containers.size !== 1) {
    const came = [...counts].map(([kind, count]) => `${count} ${kind}`);
    throw bad(
      `This is a .weights.h5 of Keras 3, which says no layers' names. It holds ${[...came, ...others].join(', ')}; VGG16 is 13 conv2d, 5 max_pooling2d and 3 dense, and of other layers it cannot be told which is fc1. If it is of keras.applications.VGG16 all the same, save it with names, in Keras: model.load_weights("FILE.weights.h5"); model.save("vgg16.h5").`,
    );
  }
  const names = [...vgg16Layers.map(({ name }) => name), ...unreadLayers];
  return [...convolutions, ...dense].map((layer, i) => ({ ...layer, name: names[i]! }));
}
