import { LikenessError } from '../base/errors.ts';
import { sha256 } from '../base/sha256.ts';
import { isDivisor, type Preprocessing } from '../image/preprocessing.ts';
import { type Encoding, encodings } from './dense/encoding.ts';

/** How numbers of a tensor are stored. */
export type DataType = 'float32' | 'float16';

/** One file of weights. */
export interface Shard {
  /** File name beside the manifest. */
  file: string;
  byteLength: number;
  /** Lower-case hexadecimal. */
  sha256: string;
}

/** Where a tensor lies in the shards. Its values are little-endian, in C order. */
export interface StoredTensor {
  file: string;
  /** In bytes. */
  offset: number;
  dataType: DataType;
}

/** A 3 × 3 convolution, stride 1, zero padding 1, with its ReLU; the pooling takes the largest of each 2 × 2. */
export interface Convolution {
  inputs: number;
  outputs: number;
  pool: boolean;
  /** outputs × inputs × 3 × 3 */
  kernel: StoredTensor;
  bias: StoredTensor;
}

/** What `manifest.json` of a model folder says. */
export interface Manifest {
  format: 'likeness-model';
  formatVersion: 1;
  name: string;
  version: string;
  /** e.g. `vgg16` */
  architecture: string;
  /** The ONNX graph beside the manifest; its weights are external data in the shards. */
  graph: Shard;
  shards: Shard[];
  preprocessing: Preprocessing;
  input: { name: string; layout: 'NCHW' };
  /** What the graph, or the dense layer after it, gives for a picture. `name` is the graph's output. */
  output: { name: string; dimension: number };
  /** The graph once more, as layers for our own kernels: they compute it on the CPU. ONNX Runtime does on WebGPU. */
  convolutions: Convolution[];
  /**
   * A last dense layer with its ReLU that is no part of the graph: it stays as it is stored, in our own kernels. Each
   * file holds equally many of its rows (weights, scales, bias: `pieceLayout` in dense/encoding.ts).
   */
  dense?: { encoding: Encoding; inputs: number; files: string[] };
  /**
   * A known answer: the first values of the normalised output for {@link probeInput}, from a float64 forward pass. An
   * extractor that gives another one is not used.
   */
  probe?: number[];
  licence: string;
  /** Where the weights come from. */
  origin: string;
  /**
   * Identifies the numbers a model produces: `<name>@<version>:<16 hex digits>`, the digits from the sha256 of graph,
   * shards and preprocessing. Features are comparable only under equal fingerprints.
   */
  fingerprint: string;
}

/** What a manifest's `fingerprint` has to be: changes when any number that a picture's features depend on changes. */
export async function fingerprintOf(
  manifest: Pick<Manifest, 'name' | 'version' | 'graph' | 'shards' | 'preprocessing' | 'output' | 'dense'>,
): Promise<string> {
  const { name, version, graph, shards, preprocessing: p, output, dense } = manifest;
  const said = [
    graph.sha256,
    ...shards.map((shard) => shard.sha256),
    [
      ...[p.width, p.height, p.resample, p.channels, ...p.mean],
      // Only where they are said: manifests that say none of them keep the fingerprints they always had.
      ...(p.shorterSide === undefined ? [] : ['shorterSide', p.shorterSide]),
      ...(p.rgbFirst ? ['rgbFirst'] : []),
      ...(p.divisor === undefined ? [] : ['divisor', p.divisor]),
      ...(p.std === undefined ? [] : ['std', ...p.std]),
    ].join(' '),
    `${output.name} ${output.dimension}`,
    ...(dense ? [`${dense.encoding} ${dense.inputs}`, ...dense.files] : []),
  ];
  const digest = await sha256(new TextEncoder().encode(said.join('\n')));
  return `${name}@${version}:${digest.slice(0, 16)}`;
}

/** The input of the known answer: `3 · height · width` whole numbers from −128 to 127, by a multiplicative hash. */
export function probeInput({ width, height }: Pick<Preprocessing, 'width' | 'height'>): Float32Array {
  return Float32Array.from(
    { length: 3 * width * height },
    (_, i) => (Math.imul(i + 1, 2654435761) >>> 24) - 128,
  );
}

/**
 * Checks what a `manifest.json` holds.
 *
 * @param where its path or URL, for the message
 * @throws LikenessError `bad-model`
 */
export async function parseManifest(text: string, where: string): Promise<Manifest> {
  const bad = (what: string): LikenessError => new LikenessError('bad-model', `${where} ${what}`);
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw bad('is not JSON; wanted the manifest of a Likeness model.');
  }
  if (manifest?.format !== 'likeness-model') throw bad('is not the manifest of a Likeness model.');
  if (manifest.formatVersion !== 1) {
    throw bad(
      `has format version ${manifest.formatVersion}; this program reads version 1: use a newer Likeness.`,
    );
  }
  if (manifest.convolutions === undefined) {
    throw bad(
      'lists no convolutions: an older version of Likeness built it. Build the model again, with: likeness model build vgg16',
    );
  }
  const { graph, shards, preprocessing: p, input, output, convolutions, dense, probe } = manifest;
  const size = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
  const isShard = (shard: Shard | undefined): boolean =>
    typeof shard?.file === 'string' &&
    /^[\w.-]+$/.test(shard.file) &&
    size(shard.byteLength) &&
    /^[0-9a-f]{64}$/.test(shard.sha256);
  const problem = [
    typeof manifest.name === 'string' && typeof manifest.version === 'string' ? '' : 'name or version',
    isShard(graph) ? '' : 'graph',
    Array.isArray(shards) && shards.every(isShard) ? '' : 'shards',
    size(p?.width) &&
    size(p.height) &&
    ['bicubic', 'bilinear'].includes(p.resample) &&
    (p.shorterSide === undefined || (size(p.shorterSide) && p.shorterSide >= Math.max(p.width, p.height))) &&
    ['BGR', 'RGB'].includes(p.channels) &&
    (p.divisor === undefined || isDivisor(p.divisor)) &&
    p.mean?.length === 3 &&
    (p.std === undefined || (Array.isArray(p.std) && p.std.length === 3 && p.std.every(isDivisor)))
      ? ''
      : 'preprocessing',
    typeof input?.name === 'string' && input.layout === 'NCHW' ? '' : 'input',
    typeof output?.name === 'string' && size(output.dimension) ? '' : 'output',
    Array.isArray(convolutions) && isChain(convolutions, manifest) ? '' : 'convolutions',
    dense === undefined ||
    (encodings.includes(dense.encoding) &&
      size(dense.inputs) &&
      dense.files?.length > 0 &&
      output?.dimension % dense.files.length === 0 &&
      dense.files.every((name) => shards?.some(({ file }) => file === name)))
      ? ''
      : 'dense layer',
    // JSON has no NaN: where one was, a null is.
    probe === undefined || (Array.isArray(probe) && probe.length > 0 && probe.every(Number.isFinite))
      ? ''
      : 'known answer, which is no list of numbers: the weights hold NaN, or are too large; build the model again from others',
  ].find((part) => part !== '');
  if (problem) throw bad(`says nothing usable about its ${problem}.`);
  const fingerprint = await fingerprintOf(manifest);
  if (fingerprint !== manifest.fingerprint) {
    throw bad(
      `has the fingerprint ${manifest.fingerprint}, its contents have ${fingerprint}; it was changed by hand.`,
    );
  }
  return manifest;
}

/** Whether each layer takes what the one before gives, from pictures of three channels on, and its weights are there. */
function isChain(layers: readonly Convolution[], { shards, preprocessing }: Manifest): boolean {
  let inputs = 3;
  let side = preprocessing?.width;
  const lies = (tensor: StoredTensor | undefined, values: number): boolean => {
    const shard = shards?.find(({ file }) => file === tensor?.file);
    const bytes = { float32: 4, float16: 2 }[tensor?.dataType as DataType];
    return !!shard && !!bytes && tensor!.offset >= 0 && tensor!.offset + values * bytes <= shard.byteLength;
  };
  return (
    layers.length > 0 &&
    preprocessing?.width === preprocessing?.height &&
    layers.every((layer) => {
      const fits =
        layer.inputs === inputs &&
        layer.outputs > 0 &&
        layer.outputs % 4 === 0 &&
        (!layer.pool || side % 2 === 0) &&
        lies(layer.kernel, inputs * layer.outputs * 9) &&
        lies(layer.bias, layer.outputs);
      inputs = layer.outputs;
      if (layer.pool) side /= 2;
      return fits;
    })
  );
}
