import { bad } from './architecture.ts';

/** A layer of a model's configuration, as Keras 2 and 3 write it. */
interface LayerConfig {
  class_name?: unknown;
  name?: unknown;
  config?: { name?: unknown; layers?: unknown; [setting: string]: unknown };
}

/** The layers of a configuration in order; those of a model that is a layer lie in it. */
function layersOf(config: unknown): LayerConfig[] {
  const { layers } = (config as LayerConfig | null)?.config ?? {};
  return Array.isArray(layers) ? layers.filter((layer) => typeof layer === 'object' && layer) : [];
}

const nameOf = (layer: LayerConfig): string => String(layer.config?.name ?? layer.name ?? '');

/** A class's name as Keras 3 makes a group's name of it (keras/src/utils/naming.py). */
const snakeCase = (name: string): string =>
  name
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/**
 * Names of layers by the end of the path under which Keras 3 stores their weights: `layers/conv2d_3`, for the fourth
 * layer of class Conv2D in the configuration (keras/src/saving/saving_lib.py).
 */
export function namesByPath(config: unknown): Map<string, string> {
  const names = new Map<string, string>();
  const add = (model: unknown, at: string): void => {
    const counts = new Map<string, number>();
    for (const layer of layersOf(model)) {
      const kind = snakeCase(String(layer.class_name));
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      const path = `${at}/layers/${count === 0 ? kind : `${kind}_${count}`}`;
      names.set(path, nameOf(layer));
      add(layer, path);
    }
  };
  add(config, '');
  return names;
}

/** Settings of VGG16's layers that change its features, by class. */
const settings: Record<string, Record<string, unknown>> = {
  Conv2D: { activation: 'relu', padding: 'same', strides: [1, 1], dilation_rate: [1, 1], groups: 1 },
  MaxPooling2D: { pool_size: [2, 2], strides: [2, 2], padding: 'valid' },
};
const harmless = new Set(['InputLayer', 'Flatten', 'Dropout', 'Dense', 'Functional', 'Model', 'Sequential']);

/**
 * Checks that a model's configuration is VGG16's up to fc1, where a file has one: weights do not show an activation, a
 * pooling or a layer without weights.
 *
 * @throws LikenessError `bad-file` that names the layer
 */
export function checkConfig(config: unknown): void {
  const no = 'The model in this file is not VGG16:';
  let pools = 0;
  let dense = 0;
  const check = (model: unknown): void => {
    for (const layer of layersOf(model)) {
      const kind = String(layer.class_name);
      const name = nameOf(layer);
      if (!(kind in settings) && !harmless.has(kind))
        throw bad(`${no} it has the layer "${name}" (${kind}).`);
      if (kind === 'MaxPooling2D') pools++;
      const isFc1 = kind === 'Dense' && dense++ === 0;
      const wanted = isFc1 ? { activation: 'relu' } : settings[kind];
      for (const [setting, value] of Object.entries(wanted ?? {})) {
        const came = layer.config?.[setting];
        if (came !== undefined && JSON.stringify(came) !== JSON.stringify(value))
          throw bad(
            `${no} "${name}" has ${setting} ${JSON.stringify(came)}; wanted ${JSON.stringify(value)}.`,
          );
      }
      check(layer);
    }
  };
  check(config);
  if (layersOf(config).length > 0 && pools !== 5)
    throw bad(`${no} it has ${pools} MaxPooling2D; VGG16 has 5.`);
}
