import type { Model } from '../../src/model/load.ts';
import { fingerprintOf, type Manifest } from '../../src/model/manifest.ts';
import { buildVgg16, type StorageLimits } from '../../src/model/vgg16.ts';
import { type Vgg16Shape, type Weight, weightShapes } from '../../src/model/vgg16-weights.ts';

/** VGG16 as published. */
export const fullSize: Vgg16Shape = { widths: [64, 128, 256, 512, 512], inputSize: 224, fc1: 4096 };

/** 32 well-mixed bits of a counter (the finaliser of MurmurHash3): the same weights on every machine, none stored. */
function mixed(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** He-initialised float32 weights, uniform, from a seed; made when they are asked for. */
export function seededWeights(shape: Vgg16Shape, seed: number): Map<string, Weight> {
  const weights = new Map<string, Weight>();
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

/** A model in memory, as `loadModel` would give it. */
export async function modelInMemory(
  weights: ReadonlyMap<string, Weight>,
  { inputSize, fc1 }: Vgg16Shape,
  limits?: StorageLimits,
): Promise<Model> {
  const pieces = new Map<string, Uint8Array[]>();
  const { graph } = await buildVgg16(
    weights,
    (file, bytes) => {
      pieces.set(file, [...(pieces.get(file) ?? []), bytes]);
    },
    limits,
  );
  const shards = new Map<string, Uint8Array>();
  for (const [file, list] of pieces) {
    const whole = new Uint8Array(list.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const bytes of list) {
      whole.set(bytes, at);
      at += bytes.length;
    }
    shards.set(file, whole);
    pieces.set(file, []);
  }
  const manifest: Manifest = {
    format: 'likeness-model',
    formatVersion: 1,
    name: 'seeded',
    version: '1',
    architecture: 'vgg16',
    graph: { file: 'model.onnx', byteLength: graph.length, sha256: '' },
    shards: [],
    preprocessing: {
      width: inputSize,
      height: inputSize,
      resample: 'bicubic',
      channels: 'BGR',
      mean: [103.939, 116.779, 123.68],
    },
    input: { name: 'input', layout: 'NCHW' },
    output: { name: 'fc1', dimension: fc1 },
    licence: '',
    origin: '',
    fingerprint: '',
  };
  manifest.fingerprint = await fingerprintOf(manifest);
  return { manifest, graph, shards };
}

/** The same weights, rounded to float16: the nearest, ties to the even one. Values stay below its largest. */
export function inFloat16(weights: ReadonlyMap<string, Weight>): Map<string, Weight> {
  return new Map(
    [...weights].map(([name, weight]) => {
      if (name.endsWith('.bias')) return [name, weight];
      const data: Weight['data'] = (from, to) => {
        const bytes = weight.data(from, to);
        const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
        return new Uint8Array(Uint16Array.from(values, float16Bits).buffer);
      };
      return [name, { ...weight, dataType: 'float16', data }];
    }),
  );
}

function float16Bits(value: number): number {
  const magnitude = Math.abs(value);
  const sign = value < 0 ? 0x8000 : 0;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 2 ** -30)));
  const scaled = magnitude / 2 ** (exponent - 10);
  const whole = Math.floor(scaled);
  const rest = scaled - whole;
  const rounded = whole + Number(rest > 0.5 || (rest === 0.5 && whole % 2 === 1));
  // Below 1024 the number is subnormal; a carry to 2048 moves into the exponent by itself.
  return sign | (rounded < 1024 ? rounded : ((exponent + 15) << 10) + (rounded - 1024));
}
