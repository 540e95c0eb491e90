import { resolve } from 'node:path';
import type { Dataset, File, Group, ready } from 'h5wasm/node';
import { bytesOf, viewOf } from '../../base/bytes.ts';
import { LikenessError } from '../../base/errors.ts';
import { type RandomAccess, readBytes } from '../../base/random-access.ts';
import type { Weight } from '../vgg16-weights.ts';
import { bad, checkLayers } from './architecture.ts';
import { checkConfig, namesByPath } from './keras-config.ts';
import { type KerasLayer, keras3Groups, kerasLayers, namedByOrder } from './keras-layers.ts';
import { layers, type SourceWeight, unreadLayers } from './vgg16-source.ts';

type H5Module = Awaited<typeof ready>;

/** The file with all layers, as Keras downloads it. */
const kerasFile = 'vgg16_weights_tf_dim_ordering_tf_kernels.h5';

/** A piece of fc1 that is read at once. It has to fit into the processor's cache to be turned quickly. */
const pieceBytes = 2 * 2 ** 20;

/**
 * Finds VGG16 in a Keras file (HDF5): the official one, `.h5` of Keras 1 to 3 with weights or a whole model, and
 * `.weights.h5` of Keras 3. Kernels are turned from height × width × in × out, fc1 from rows in height, width, channel
 * order. The input channels stay as they are: BGR in the official file.
 *
 * @param config configuration of the model, where it lies beside the file
 * @throws LikenessError `bad-file` when a layer is missing or is no float32, when there are layers of another network, and,
 *   from `data`, when a part cannot be read; `closed` from `data` after `close()`
 */
export async function openKerasVgg16(
  path: string,
  bytes: RandomAccess,
  config?: unknown,
): Promise<{ found: Map<string, SourceWeight>; close(): Promise<void> }> {
  await checkLength(bytes);
  const { default: h5wasm } = await import('#h5wasm/hdf5_hl.js');
  const module = await h5wasm.ready;
  const file = new h5wasm.File(resolve(path), 'r');
  if (file.file_id < 0n) {
    throw bad(`The HDF5 file is damaged: it cannot be opened. Wanted: ${kerasFile}.`);
  }
  let open = true;
  const close = async (): Promise<void> => {
    if (open) file.close();
    open = false;
  };
  const readable = (): void => {
    if (!open) throw new LikenessError('closed', `${path} was read after close().`);
  };
  try {
    return { found: find(module, file, readable, config ?? configIn(file)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The configuration that a whole model is saved with in HDF5. */
function configIn(file: File): unknown {
  const text = file.attrs.model_config?.value;
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // weights are checked all the same
  }
}

/** Sees a download that ended early, by the length in the superblock (HDF5 File Format Specification, II.A). */
async function checkLength(file: RandomAccess): Promise<void> {
  const size = await file.size();
  if (size < 48) throw tooShort(size, 48);
  const head = await readBytes(file, 0, 48);
  const version = head[8]!;
  // Addresses have 8 bytes wherever files may exceed 4 GB, so in h5py's; others are left to HDF5.
  if (head[version < 2 ? 13 : 9] !== 8) return;
  const end = Number(viewOf(head).getBigUint64(version < 2 ? 40 : 28, true));
  if (end > size) throw tooShort(size, end);
}

const tooShort = (size: number, wanted: number): LikenessError =>
  bad(
    `The HDF5 file has ${size} bytes of ${wanted}: it was not downloaded to its end. ${kerasFile} has 553467096.`,
  );

/** The layers of VGG16 in the file, by name. */
function layersIn(file: File, config: unknown): Map<string, KerasLayer> {
  const paths = file.paths().map((path) => `/${path}`);
  const names = namesByPath(config);
  const nameOf = (path: string): string | undefined => {
    const stored = (file.get(`${path}/vars`) as Group | null)?.attrs.name?.value;
    return typeof stored === 'string'
      ? stored
      : names.get(path.replace(/^\/_layer_checkpoint_dependencies\//, '/layers/'));
  };
  const named = kerasLayers(
    paths.filter((path) => (file.get(path) as Dataset | null)?.type === 'Dataset'),
    nameOf,
  );
  const all = namedByOrder(named, keras3Groups(paths)) ?? named;
  checkLayers(
    'The HDF5 file',
    all.map(({ name }) => name),
    layers.map(({ name }) => name),
    unreadLayers,
    kerasFile,
  );
  const byName = new Map<string, KerasLayer>();
  for (const layer of all) {
    const other = byName.get(layer.name);
    if (other)
      throw bad(
        `The HDF5 file holds ${layer.name} twice, at "${other.path}" and "${layer.path}": which network is wanted? Save one alone.`,
      );
    byName.set(layer.name, layer);
    if (layer.others.length > 0) throw bad(`"${layer.others[0]}" is no weight of VGG16's ${layer.name}.`);
  }
  checkConfig(config);
  return byName;
}

function find(
  module: H5Module,
  file: File,
  readable: () => void,
  config: unknown,
): Map<string, SourceWeight> {
  const byName = layersIn(file, config);
  const found = new Map<string, SourceWeight>();
  let channels = 0;
  for (const { name, kernel } of layers) {
    const layer = byName.get(name)!;
    const paths = [layer.kernel, layer.bias] as const;
    const [weights, biases] = paths.map((path, i) => {
      const part = i === 0 ? 'kernel' : 'bias';
      if (path === undefined)
        throw bad(`The HDF5 file lacks the ${part} of "${layer.path}". Wanted: ${kerasFile}.`);
      return floats(module, file, path, readable);
    }) as [Floats, Floats];
    for (const [{ path, shape }, rank] of [
      [weights, kernel ? 4 : 2],
      [biases, 1],
    ] as const) {
      if (shape.length === rank) continue;
      throw bad(`"${path}" has the shape ${shape.join('×')}; wanted ${rank} ${rank > 1 ? 'axes' : 'axis'}.`);
    }
    if (kernel) channels = weights.shape[3]!;
    const weight = kernel ? turnedKernel(weights) : turnedRows(weights, channels);
    found.set(`${name}.weight`, { weight, origin: weights.path, stored: weights.shape });
    const bias: Weight = {
      name: biases.path,
      dataType: 'float32',
      shape: biases.shape,
      data: (from, to) => bytesOf(biases.read([from], [to - from])),
    };
    found.set(`${name}.bias`, { weight: bias, origin: biases.path, stored: biases.shape });
  }
  return found;
}

/** A float32 dataset. */
interface Floats {
  path: string;
  shape: number[];
  /** The block of `count` values on each axis from `from` on. */
  read(from: number[], count: number[]): Float32Array;
}

function floats(module: H5Module, file: File, path: string, readable: () => void): Floats {
  const dataset = file.get(path) as Dataset | null;
  if (dataset?.type !== 'Dataset') throw bad(`"${path}" cannot be read. Wanted: ${kerasFile}.`);
  const { type, size, shape } = dataset.metadata;
  if (type !== module.H5T_class_t.H5T_FLOAT.value || size !== 4 || !shape) {
    throw bad(`"${path}" holds ${JSON.stringify(dataset.dtype)}; wanted float32.`);
  }
  return {
    path,
    shape,
    read(from, count) {
      readable();
      const bytes = 4 * count.reduce((a, b) => a * b, 1);
      const pointer = module._malloc(bytes);
      if (pointer === 0) throw bad(`There is no memory for ${bytes} bytes of "${path}".`);
      try {
        // Not Dataset.slice(): that takes no notice when HDF5 could not read.
        const status = module.get_dataset_data(
          file.file_id,
          path,
          count.map(BigInt),
          from.map(BigInt),
          shape.map(() => 1n),
          BigInt(pointer),
        );
        if (status < 0) throw bad(`${file.filename}: HDF5 cannot read "${path}"; the file is damaged.`);
        return new Float32Array(module.HEAPU8.slice(pointer, pointer + bytes).buffer);
      } finally {
        module._free(pointer);
      }
    },
  };
}

/** [height, width, in, out] as [out, in, height, width]. */
function turnedKernel({ path, shape, read }: Floats): Weight {
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  return {
    name: path,
    dataType: 'float32',
    shape: [outputs, inputs, height, width],
    data(from, to) {
      const rows = to - from;
      const values = read([0, 0, 0, from], [height, width, inputs, rows]);
      const out = new Float32Array(values.length);
      const places = height * width;
      let at = 0;
      for (let place = 0; place < places; place++) {
        for (let input = 0; input < inputs; input++) {
          for (let row = 0; row < rows; row++) out[(row * inputs + input) * places + place] = values[at++]!;
        }
      }
      return bytesOf(out);
    },
  };
}

/** [places · channels, out], places in row-major order, as [out, channels · places]. */
function turnedRows({ path, shape, read }: Floats, channels: number): Weight {
  const [length, outputs] = shape as [number, number];
  const places = length / channels;
  return {
    name: path,
    dataType: 'float32',
    shape: [outputs, length],
    data(from, to) {
      const rows = to - from;
      const out = new Float32Array(rows * length);
      const step = Math.max(1, Math.floor(pieceBytes / (4 * rows)));
      for (let first = 0; first < length; first += step) {
        const count = Math.min(step, length - first);
        const values = read([first, from], [count, rows]);
        for (let row = 0; row < rows; row++) {
          let channel = first % channels;
          let to = row * length + channel * places + Math.floor(first / channels);
          for (let at = row; at < values.length; at += rows) {
            out[to] = values[at]!;
            to += places;
            if (++channel === channels) {
              channel = 0;
              to -= length - 1;
            }
          }
        }
      }
      return bytesOf(out);
    },
  };
}
