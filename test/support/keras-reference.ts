import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import h5wasm, { type Dataset } from 'h5wasm/node';
import type { Vgg16Shape } from '../../src/convert/vgg16-weights.ts';
import { decode } from '../../src/image/decode.node.ts';
import type { Preprocessing } from '../../src/image/preprocessing.ts';
import { resize } from '../../src/image/resize.ts';
import type { Mistake, Vgg16 } from '../peers/tfjs-vgg16.mjs';
import { samples } from './cli.ts';
import { dropAlpha } from './pictures.ts';
import { loadTfjs } from './tfjs.ts';

/**
 * Keras' VGG16 in TensorFlow.js, with the weights of a Keras file as Keras itself loads them: each dataset goes into its
 * layer as it lies in the file. Nothing of it is shared with our reader, our builder or our kernels.
 */
export async function kerasReference(path: string, shape: Vgg16Shape, mistake?: Mistake): Promise<Vgg16> {
  const { tfjs, wasmFolder } = await loadTfjs();
  await tfjs.startBackend('wasm', wasmFolder);
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'r');
  const values = (dataset: string): Float32Array => (file.get(dataset) as Dataset).value as Float32Array;
  try {
    return tfjs.createVgg16(
      shape,
      (layer) => ({
        kernel: values(`/${layer}/${layer}_W_1:0`),
        bias: values(`/${layer}/${layer}_b_1:0`),
      }),
      mistake,
    );
  } finally {
    file.close();
  }
}

/** Path of a sample photograph. */
export const photograph = (id: string): string => join(samples, `${id}.jpeg`);

/** The pixels that a model takes of a sample photograph: width × height × 3 bytes, R G B. EXIF is passed over. */
export async function framed(
  id: string,
  framing: Pick<Preprocessing, 'width' | 'height' | 'resample' | 'shorterSide'>,
): Promise<Uint8Array> {
  return dropAlpha(resize(await decode(await readFile(photograph(id)), { orient: false }), framing));
}
