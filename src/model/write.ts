import type { Preprocessing } from '../image/preprocessing.ts';
import { fingerprintOf, type Manifest, probeInput, type Shard, sha256 } from './manifest.ts';
import { normaliseRows } from './normalise.ts';
import { forward } from './reference.ts';
import { buildVgg16 } from './vgg16.ts';
import { shapeOfWeights, type Weight } from './vgg16-weights.ts';

/** What a manifest says of a model beyond its files. */
export interface ModelDescription {
  name: string;
  version: string;
  licence: string;
  origin: string;
  preprocessing: Pick<Preprocessing, 'channels' | 'mean'>;
}

const probeValues = 32;

/** Builds a VGG16 model's folder: graph, shards and manifest, as files by name. */
export async function writeVgg16(
  weights: ReadonlyMap<string, Weight>,
  description: ModelDescription,
): Promise<Map<string, Uint8Array>> {
  const pieces = new Map<string, Uint8Array[]>();
  const { graph } = await buildVgg16(weights, (file, bytes) => {
    const list = pieces.get(file) ?? [];
    list.push(bytes);
    pieces.set(file, list);
  });
  const files = new Map<string, Uint8Array>([['model.onnx', graph]]);
  for (const [file, list] of pieces) files.set(file, concatenate(list));

  const entry = async (file: string): Promise<Shard> => {
    const bytes = files.get(file)!;
    return { file, byteLength: bytes.length, sha256: await sha256(bytes) };
  };
  const { inputSize, fc1 } = shapeOfWeights(weights);
  const { name, version, licence, origin } = description;
  const preprocessing: Preprocessing = {
    width: inputSize,
    height: inputSize,
    resample: 'bicubic',
    ...description.preprocessing,
  };
  const answer = normaliseRows(Float32Array.from(forward(weights, probeInput(preprocessing))), fc1);
  const manifest: Manifest = {
    format: 'likeness-model',
    formatVersion: 1,
    name,
    version,
    architecture: 'vgg16',
    graph: await entry('model.onnx'),
    shards: await Promise.all([...pieces.keys()].map(entry)),
    preprocessing,
    input: { name: 'input', layout: 'NCHW' },
    output: { name: 'fc1', dimension: fc1 },
    probe: Array.from(answer.subarray(0, probeValues), (value) => Number(value.toPrecision(7))),
    licence,
    origin,
    fingerprint: '',
  };
  manifest.fingerprint = await fingerprintOf(manifest);
  files.set('manifest.json', new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`));
  return files;
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
