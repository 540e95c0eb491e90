import { bytesFile } from '../../src/base/random-access.ts';
import { denseRow, forwardConvolutions } from '../../src/convert/reference.ts';
import { densePieces, storedWeights } from '../../src/convert/vgg16.ts';
import { type Vgg16Shape, type Weight, weightShapes } from '../../src/convert/vgg16-weights.ts';
import { type ModelDescription, writeVgg16 } from '../../src/convert/write.ts';
import type { Encoding } from '../../src/network/dense/encoding.ts';
import type { Model } from '../../src/network/load.ts';
import { probeInput } from '../../src/network/manifest.ts';
import { normaliseRows } from '../../src/network/normalise.ts';
import { decodePiece } from './dense-piece.ts';
import { memorySink } from './memory-sink.ts';

/** VGG16 as published. */
export const fullSize: Vgg16Shape = { widths: [64, 128, 256, 512, 512], inputSize: 224, fc1: 4096 };

/** 32 well-mixed bits of a counter (the finaliser of MurmurHash3): the same weights on every machine, none stored. */
function mixed(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A weight whose data need not be waited for. */
export interface MadeWeight extends Weight {
  data(from: number, to: number): Uint8Array;
}

/** He-initialised float32 weights, uniform, from a seed; made when they are asked for. */
export function seededWeights(shape: Vgg16Shape, seed: number): Map<string, MadeWeight> {
  const weights = new Map<string, MadeWeight>();
  let tensor = seed;
  for (const [name, sizes] of weightShapes(shape)) {
    const start = mixed(++tensor);
    const rowValues = sizes.slice(1).reduce((a, b) => a * b, 1);
    // The published biases are small; these are of the size of the weights.
    const limit = Math.sqrt(6 / (sizes.length > 1 ? rowValues : 64));
    weights.set(name, {
      name,
      dataType: 'float32',
      shape: sizes,
      data(from, to) {
        const values = new Float32Array((to - from) * rowValues);
        for (let i = 0; i < values.length; i++) {
          values[i] = (mixed(start + from * rowValues + i) / 2 ** 31 - 1) * limit;
        }
        return new Uint8Array(values.buffer);
      },
    });
  }
  return weights;
}

/** A model in memory, as it would be loaded. */
export async function modelInMemory(
  weights: ReadonlyMap<string, Weight>,
  encoding: Encoding = 'f32',
  shardBytes?: number,
): Promise<Model> {
  const sink = memorySink();
  const manifest = await writeVgg16(weights, description, encoding, sink, shardBytes ? { shardBytes } : {});
  const files = new Map([...sink.contents()].map(([file, bytes]) => [file, bytesFile(bytes)]));
  return { manifest, files };
}

/** What the tests' models say of themselves. */
export const description: ModelDescription = {
  name: 'seeded',
  version: '1',
  licence: 'MIT',
  origin: 'made by a test',
  preprocessing: { resample: 'bicubic', channels: 'BGR', mean: [103.939, 116.779, 123.68] },
};

/** What an extractor has to give for a picture: float64 from the weights as the encoding stores them, normalised. */
export async function wantedFeatures(
  weights: ReadonlyMap<string, Weight>,
  encoding: Encoding,
  input: Float32Array,
): Promise<Float32Array> {
  const stored = storedWeights(weights, encoding);
  const pooled = await forwardConvolutions(stored, input);
  const values: number[] = [];
  for await (const { bytes, layout } of densePieces(stored, encoding, Number.POSITIVE_INFINITY)) {
    const { rows, inputs } = layout;
    const kernel = decodePiece(encoding, bytes, rows, inputs);
    const bias = new Float32Array(bytes.buffer, layout.bias, rows);
    for (let row = 0; row < rows; row++) {
      values.push(denseRow(kernel.subarray(row * inputs, (row + 1) * inputs), bias[row]!, pooled));
    }
  }
  return normaliseRows(Float32Array.from(values), values.length);
}

/** `n` different pictures in one block, and apart. */
export function pictures(
  { inputSize }: Vgg16Shape,
  n: number,
): { block: Float32Array; each: Float32Array[] } {
  const one = probeInput({ width: inputSize, height: inputSize });
  const each = Array.from({ length: n }, (_, i) => one.map((value) => (value * (i + 2)) % 127));
  const block = new Float32Array(n * one.length);
  for (const [i, picture] of each.entries()) block.set(picture, i * one.length);
  return { block, each };
}
