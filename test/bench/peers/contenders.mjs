/**
 * Everybody measured. `realm`: where it runs. `copies`: how often it holds the rows, as far as memory is planned.
 * `slow`: too slow for large searches, so it is asked seldom. `threads`: more than one, with the reason.
 */
export const contenders = [
  { id: 'likeness-wasm', name: 'Likeness, wasm', realm: 'page', copies: 2, group: 'cpu', ours: true },
  {
    id: 'likeness-node',
    name: 'Likeness, wasm, in Node',
    realm: 'node',
    copies: 2,
    group: 'cpu',
    ours: true,
  },
  { id: 'faiss', name: 'FAISS IndexFlatL2', realm: 'python', copies: 2, group: 'cpu' },
  { id: 'numpy-tutorial', name: 'NumPy, norm and argsort', realm: 'python', copies: 3, group: 'cpu' },
  { id: 'numpy-products', name: 'NumPy, product and argpartition', realm: 'python', copies: 2, group: 'cpu' },
  { id: 'usearch', name: 'usearch exactSearch', realm: 'node', copies: 1, group: 'cpu' },
  { id: 'hnswlib', name: 'hnswlib-node BruteforceSearch', realm: 'node', copies: 2, group: 'cpu' },
  { id: 'tfjs-wasm', name: 'TensorFlow.js wasm, n × d', realm: 'page', copies: 2, group: 'cpu' },
  { id: 'tfjs-wasm-transposed', name: 'TensorFlow.js wasm, d × n', realm: 'page', copies: 3, group: 'cpu' },
  { id: 'ort-wasm', name: 'ONNX Runtime wasm, n × d', realm: 'page', copies: 4, group: 'cpu' },
  { id: 'ort-wasm-transposed', name: 'ONNX Runtime wasm, d × n', realm: 'page', copies: 4, group: 'cpu' },
  { id: 'client-vector-search', name: 'client-vector-search', realm: 'page', copies: 3, group: 'cpu' },
  { id: 'voy', name: 'voy', realm: 'page', copies: 8, group: 'cpu' },
  { id: 'edgevec', name: 'EdgeVec', realm: 'page', copies: 2, group: 'cpu' },
  { id: 'plain', name: 'plain JavaScript', realm: 'page', copies: 1, group: 'cpu' },
  { id: 'likeness-webgpu', name: 'Likeness, WebGPU', realm: 'page', copies: 3, group: 'gpu', ours: true },
  {
    id: 'likeness-webgpu-float32',
    name: 'Likeness, WebGPU, float32 kernel alone',
    realm: 'page',
    copies: 3,
    group: 'gpu',
    ours: true,
  },
  { id: 'tfjs-webgpu', name: 'TensorFlow.js WebGPU, n × d', realm: 'page', copies: 3, group: 'gpu' },
  {
    id: 'tfjs-webgpu-transposed',
    name: 'TensorFlow.js WebGPU, d × n',
    realm: 'page',
    copies: 4,
    group: 'gpu',
  },
  { id: 'ort-webgpu', name: 'ONNX Runtime WebGPU, n × d', realm: 'page', copies: 4, group: 'gpu' },
  { id: 'ort-webgpu-transposed', name: 'ONNX Runtime WebGPU, d × n', realm: 'page', copies: 5, group: 'gpu' },
];

/** The one that others' times are divided by, in each group. */
export const baselines = { cpu: 'likeness-wasm', gpu: 'likeness-webgpu' };
