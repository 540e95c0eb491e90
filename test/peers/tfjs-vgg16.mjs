// Keras' VGG16 up to fc1 in TensorFlow.js layers: an implementation that shares nothing with ours.
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';

const convolutionsPerBlock = [2, 2, 3, 3, 3];

/**
 * Selects and starts a backend.
 *
 * @param {'cpu' | 'wasm'} name
 * @param {string} [wasmFolder] folder or URL of the wasm backend's files, with a slash at its end
 * @param {number} [threads] for wasm
 */
export async function startBackend(name, wasmFolder, threads = 1) {
  if (name === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
  else {
    const backend = await import('@tensorflow/tfjs-backend-wasm');
    if (wasmFolder) backend.setWasmPaths(wasmFolder);
    backend.setThreadsCount(threads);
  }
  await tf.setBackend(name);
  await tf.ready();
}

/**
 * The network of keras.applications.vgg16, cut after fc1: channels last, 3 × 3 kernels with padding "same", ReLU, 2 × 2
 * max pooling, Flatten, Dense with ReLU.
 *
 * @param {{ widths: number[], inputSize: number, fc1: number }} shape
 * @param {(layer: string) => { kernel: Float32Array, bias: Float32Array }} weightsOf kernels HWIO, fc1 [H·W·C, outputs]
 * @param {'channels-first flatten' | 'RGB' | 'no ReLU'} [mistake] made on purpose, to show that it would be noticed
 */
export function createVgg16({ widths, inputSize, fc1 }, weightsOf, mistake) {
  const model = layers.sequential();
  let inputs = 3;
  for (const [block, count] of convolutionsPerBlock.entries()) {
    for (let i = 1; i <= count; i++) {
      const name = `block${block + 1}_conv${i}`;
      model.add(
        layers.layers.conv2d({
          name,
          filters: widths[block],
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          kernelInitializer: 'zeros',
          ...(inputs === 3 && block === 0 && i === 1 ? { inputShape: [inputSize, inputSize, 3] } : {}),
        }),
      );
      setWeights(model, name, [3, 3, inputs, widths[block]], weightsOf(name));
      inputs = widths[block];
    }
    model.add(layers.layers.maxPooling2d({ poolSize: 2, strides: 2 }));
  }
  if (mistake === 'channels-first flatten') model.add(layers.layers.permute({ dims: [3, 1, 2] }));
  model.add(layers.layers.flatten());
  const activation = mistake === 'no ReLU' ? 'linear' : 'relu';
  model.add(layers.layers.dense({ name: 'fc1', units: fc1, activation, kernelInitializer: 'zeros' }));
  setWeights(model, 'fc1', [inputs * (inputSize / 32) ** 2, fc1], weightsOf('fc1'));
  const preprocess =
    mistake === 'RGB' ? { ...preprocessings, caffe: (rgb) => tf.sub(rgb, bgrMean) } : preprocessings;
  return {
    /**
     * Features of one picture, divided by their norm.
     *
     * @param {Uint8Array} rgb inputSize × inputSize × 3 bytes
     * @param {'caffe' | 'torch'} [mode] of keras.applications' preprocess_input
     * @returns {Promise<Float32Array>}
     */
    async extract(rgb, mode = 'caffe') {
      const features = tf.tidy(() => {
        const picture = tf.tensor4d(Float32Array.from(rgb), [1, inputSize, inputSize, 3]);
        const fc = model.predict(preprocess[mode](picture));
        return tf.div(fc, tf.norm(fc));
      });
      const values = await features.data();
      features.dispose();
      return values;
    },
    dispose: () => model.dispose(),
  };
}

const bgrMean = [103.939, 116.779, 123.68];
/** keras.applications.imagenet_utils.preprocess_input, channels last, of R G B from 0 to 255. */
const preprocessings = {
  caffe: (rgb) => tf.sub(tf.reverse(rgb, -1), bgrMean),
  torch: (rgb) => tf.div(tf.sub(tf.div(rgb, 255), [0.485, 0.456, 0.406]), [0.229, 0.224, 0.225]),
};

function setWeights(model, name, shape, { kernel, bias }) {
  const tensors = [tf.tensor(kernel, shape), tf.tensor(bias, [bias.length])];
  model.getLayer(name).setWeights(tensors);
  for (const tensor of tensors) tensor.dispose();
}
