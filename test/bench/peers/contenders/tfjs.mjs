import * as tf from '@tensorflow/tfjs-core';

/**
 * matMul and topk of 2·x·q − ‖x‖², whose order is that of the negative distance.
 *
 * @param {'wasm' | 'webgpu'} backend
 * @param {boolean} transposed rows kept as d × n
 */
export const tfjs =
  (backend, transposed) =>
  async ({ rows, n, d, base }) => {
    if (backend === 'wasm') {
      const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      setWasmPaths(`${base}test/bench/peers/node_modules/@tensorflow/tfjs-backend-wasm/wasm-out/`);
      setThreadsCount(1);
    } else await import('@tensorflow/tfjs-backend-webgpu');
    if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend ${backend} here`);
    await tf.ready();
    const [x, norms] = tf.tidy(() => {
      const given = tf.tensor2d(rows, [n, d]);
      return [transposed ? tf.transpose(given) : given, tf.sum(tf.square(given), 1)];
    });
    await norms.data();
    return {
      search: async (queries, k) => {
        const indices = tf.tidy(() => {
          const q = tf.tensor2d(queries, [queries.length / d, d]);
          const products = tf.matMul(tf.mul(q, 2), x, false, !transposed);
          return tf.topk(tf.sub(products, norms), Math.min(k, n)).indices;
        });
        const found = await indices.data();
        indices.dispose();
        return { rows: found };
      },
      close: () => {
        x.dispose();
        norms.dispose();
      },
    };
  };
