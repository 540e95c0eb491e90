import { ProtobufWriter } from '../../../../src/convert/onnx/protobuf.ts';

const message = () => new ProtobufWriter();

/**
 * MatMul (or Gemm over the rows as they are) and TopK of 2·x·q − ‖x‖², whose order is that of the negative distance.
 * The rows are constants of the graph: a WebGPU session has them on the device from its start.
 *
 * @param {'wasm' | 'webgpu'} provider
 * @param {boolean} transposed rows kept as d × n
 */
export const onnxRuntime =
  (provider, transposed) =>
  async ({ rows, n, d, base }) => {
    const ort =
      provider === 'wasm' ? await import('onnxruntime-web/wasm') : await import('onnxruntime-web/webgpu');
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = `${base}node_modules/onnxruntime-web/dist/`;
    const norms = new Float32Array(n);
    const weights = transposed ? new Float32Array(n * d) : rows;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) {
        norms[i] += rows[i * d + j] ** 2;
        if (transposed) weights[j * n + i] = rows[i * d + j];
      }
    }
    const session = await ort.InferenceSession.create(model(n, d, transposed), {
      executionProviders: [provider],
      externalData: [
        { path: 'w', data: new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength) },
        { path: 'norms', data: new Uint8Array(norms.buffer) },
      ],
    });
    return {
      search: async (queries, k) => {
        const q = queries.length / d;
        const doubled = queries.map((value) => 2 * value);
        const { rows: found } = await session.run({
          q: new ort.Tensor('float32', doubled, [q, d]),
          k: new ort.Tensor('int64', BigInt64Array.of(BigInt(Math.min(k, n))), [1]),
        });
        return { rows: Uint32Array.from(found.data, Number) };
      },
      close: () => session.release(),
    };
  };

function model(n, d, transposed) {
  const float32 = 1;
  const int64 = 7;
  const product = node(
    transposed ? 'MatMul' : 'Gemm',
    ['q', 'w'],
    ['products'],
    transposed ? {} : { transB: 1 },
  );
  const shift = node('Sub', ['products', 'norms'], ['scores']);
  const top = node('TopK', ['scores', 'k'], ['values', 'rows'], { axis: 1, largest: 1, sorted: 1 });
  const graph = message()
    .message(1, ...[product, shift, top])
    .string(2, 'knn')
    .message(5, ...[external('w', transposed ? [d, n] : [n, d]), external('norms', [n])])
    .message(11, ...[value('q', float32, ['Q', d]), value('k', int64, [1])])
    .message(12, value('rows', int64, ['Q', 'K']));
  return message().int(1, 10).message(7, graph).message(8, message().string(1, '').int(2, 21)).finish();
}

function node(op, inputs, outputs, attributes = {}) {
  const integers = Object.entries(attributes).map(([name, number]) =>
    message().string(1, name).int(3, number).int(20, 2),
  );
  return message()
    .string(1, ...inputs)
    .string(2, ...outputs)
    .string(4, op)
    .message(5, ...integers);
}

function external(name, shape) {
  const bytes = String(4 * shape.reduce((a, b) => a * b, 1));
  const place = Object.entries({ location: name, offset: '0', length: bytes });
  return message()
    .ints(1, shape)
    .int(2, 1)
    .string(8, name)
    .message(13, ...place.map(([key, text]) => message().string(1, key).string(2, text)))
    .int(14, 1);
}

function value(name, type, shape) {
  const dimensions = shape.map((size) =>
    typeof size === 'string' ? message().string(2, size) : message().int(1, size),
  );
  const tensor = message()
    .int(1, type)
    .message(2, message().message(1, ...dimensions));
  return message().string(1, name).message(2, message().message(1, tensor));
}
