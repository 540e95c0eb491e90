import type { MadeWeight } from './seeded-vgg16.ts';

type Tfjs = typeof import('../peers/tfjs-vgg16.mjs');

/** TensorFlow.js from test/peers. */
export async function loadTfjs(): Promise<{ tfjs: Tfjs; wasmFolder: string }> {
  const wasm = 'test/peers/node_modules/@tensorflow/tfjs-backend-wasm/wasm-out/';
  if (typeof document !== 'undefined') {
    const tfjs = await import('../peers/tfjs-vgg16.mjs');
    return { tfjs, wasmFolder: `/${wasm}` };
  }
  const { pathToFileURL } = await import('node:url');
  const { join } = await import('node:path');
  const { root } = await import('./cli.ts');
  const module = pathToFileURL(join(root, 'test/peers/tfjs-vgg16.mjs')).href;
  return { tfjs: await import(module), wasmFolder: join(root, wasm) };
}

/** Our canonical weights as Keras lays them out: kernels HWIO, fc1 [inputs, outputs] over a channels-last flatten. */
export function kerasLayout(
  weights: ReadonlyMap<string, MadeWeight>,
): (layer: string) => { kernel: Float32Array; bias: Float32Array } {
  const floats = (name: string): Float32Array => {
    const { data, shape } = weights.get(name)!;
    return new Float32Array(data(0, shape[0]!).slice().buffer);
  };
  return (layer) => {
    const given = floats(`${layer}.weight`);
    const shape = weights.get(`${layer}.weight`)!.shape;
    const kernel = new Float32Array(given.length);
    if (layer === 'fc1') {
      const [outputs, inputs] = shape as [number, number];
      const channels = weights.get('block5_conv3.bias')!.shape[0]!;
      const spots = inputs / channels;
      for (let o = 0; o < outputs; o++) {
        for (let c = 0; c < channels; c++) {
          for (let s = 0; s < spots; s++) {
            kernel[(s * channels + c) * outputs + o] = given[o * inputs + c * spots + s]!;
          }
        }
      }
    } else {
      const [outputs, inputs] = shape as [number, number];
      for (let o = 0; o < outputs; o++) {
        for (let i = 0; i < inputs; i++) {
          for (let t = 0; t < 9; t++)
            kernel[(t * inputs + i) * outputs + o] = given[(o * inputs + i) * 9 + t]!;
        }
      }
    }
    return { kernel, bias: floats(`${layer}.bias`) };
  };
}
