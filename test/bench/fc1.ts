import type { InferenceSession } from 'onnxruntime-web';
import { createWasmDense } from '../../src/model/dense/dense.wasm.ts';
import { encodePiece, encodings, pieceLayout, rowScales } from '../../src/model/dense/encoding.ts';
import { fileOfBytes } from '../../src/model/load.ts';
import { cosine } from '../support/compare.ts';
import { float32, type Initializer, oneNodeModel, uint8 } from '../support/onnx-node.ts';
import { gaussian, seeded } from '../support/random.ts';
import { cpuRuntime } from '../support/runtime.ts';
import type { Table } from './knn.ts';
import { type Contender, measure } from './measure.ts';

/** Rows and inputs of fc1: those of VGG16 unless the command line says otherwise. */
export interface Options {
  n: number;
  d: number;
  runs: number;
}

export const defaults: Options = { n: 4096, d: 25088, runs: 9 };

/** Memory of the process in MiB after a collection, where there is a way to know. */
async function resident(): Promise<number> {
  if (typeof process === 'undefined') return Number.NaN;
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().rss / 2 ** 20;
}

/**
 * fc1 on one thread of the CPU in every form that it could have: our kernels over the stored weights, and ONNX Runtime's
 * operators. Products of 1 and of 8 pictures, how far they are from float64, and what they cost in memory.
 */
export default async function bench({ n, d, runs }: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const normal = gaussian(seeded(1));
  const deviation = Math.sqrt(2 / d); // He initialisation
  const weights = Float32Array.from({ length: n * d }, () => normal() * deviation);
  const bias = new Float32Array(n);
  const pictures = [1, 8];
  const x = Float32Array.from({ length: 8 * d }, () => Math.max(0, normal()));
  const exact = product(weights, x.subarray(0, d), n, d);

  const contenders: (Omit<Contender, 'run'> & {
    memory: number;
    create(count: number): () => Promise<Float32Array>;
  })[] = [];
  for (const encoding of encodings) {
    const piece = encodePiece(encoding, weights, bias);
    const before = await resident();
    const dense = await createWasmDense({
      encoding,
      inputs: d,
      outputs: n,
      rows: n,
      layout: pieceLayout(encoding, n, d),
      pieces: [fileOfBytes(piece)],
    });
    const memory = (await resident()) - before;
    // Used here again, so that its memory counts before and after.
    if (piece.length === 0) throw new Error('nothing was encoded');
    contenders.push({
      name: `ours, ${encoding}`,
      memory,
      create: (count) => async () => dense.run(x.subarray(0, count * d), count),
    });
  }

  const { ort } = await cpuRuntime();
  const fromOrt = async (
    name: string,
    op: { op: string; domain?: string; attributes: Record<string, number> },
    initializers: Initializer[],
    options: InferenceSession.SessionOptions = {},
  ): Promise<void> => {
    const before = await resident();
    const { model, externalData } = oneNodeModel(op, initializers, d, n);
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['wasm'],
      externalData,
      ...options,
    });
    const run = async (count: number): Promise<Float32Array> => {
      const { y } = await session.run({
        x: new ort.Tensor('float32', x.subarray(0, count * d), [count, d]),
      });
      return y!.data as Float32Array;
    };
    await run(1); // some pack their weights now
    contenders.push({ name, memory: (await resident()) - before, create: (count) => () => run(count) });
  };
  const gemm = { op: 'Gemm', attributes: { transB: 1 } };
  await fromOrt('ONNX Runtime, Gemm f32', gemm, [float32('w', [n, d], weights)]);
  await fromOrt('ONNX Runtime, Gemm f32 without prepacking', gemm, [float32('w', [n, d], weights)], {
    extra: { session: { disable_prepacking: '1' } },
  });
  const layout = pieceLayout('q8', n, d);
  const piece = encodePiece('q8', weights, bias);
  const scales = new Float32Array(n * rowScales('q8', d));
  const halves = new Uint16Array(piece.buffer, layout.scales, scales.length);
  const { fromFloat16 } = await import('../../src/float16.ts');
  for (const [i, half] of halves.entries()) scales[i] = fromFloat16(half);
  await fromOrt(
    'ONNX Runtime, MatMulNBits 8 bits, block 32',
    { op: 'MatMulNBits', domain: 'com.microsoft', attributes: { K: d, N: n, bits: 8, block_size: 32 } },
    [uint8('w', [n, d / 32, 32], piece.subarray(0, n * d)), float32('s', [scales.length], scales)],
  );
  const columns = perColumn(weights, n, d);
  await fromOrt(
    'ONNX Runtime, DynamicQuantizeMatMul int8',
    { op: 'DynamicQuantizeMatMul', domain: 'com.microsoft', attributes: {} },
    [uint8('w', [d, n], columns.codes, true), float32('s', [n], columns.scales)],
  );

  const times = new Map<string, string[]>();
  for (const count of pictures) {
    const measured = await measure(
      contenders.map(({ name, create }) => {
        const run = create(count);
        return { name, run: async () => (await run())[0]! };
      }),
      runs,
    );
    for (const { name, median, min } of measured) {
      times.set(name, [...(times.get(name) ?? []), median.toFixed(1), min.toFixed(1)]);
    }
  }
  const rows = [];
  for (const { name, create, memory } of contenders) {
    const angle =
      1 -
      cosine(
        (await create(1)()).map((value) => Math.max(value, 0)),
        exact,
      );
    rows.push([name, ...times.get(name)!, angle.toExponential(1), memory.toFixed(0)]);
  }
  return {
    tables: [
      {
        title: `fc1: ${n} rows of ${d}, one thread, ${runs} runs, without its ReLU in ONNX Runtime's`,
        columns: [
          '',
          '1 picture: median ms',
          'min ms',
          '8 pictures: median ms',
          'min ms',
          '1 − cosine',
          'MiB',
        ],
        rows,
      },
    ],
    notes: ['1 − cosine: to the float64 product of the float32 weights. MiB: growth of the process.'],
  };
}

function product(weights: Float32Array, x: Float32Array, n: number, d: number): Float64Array {
  const y = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += weights[row * d + j]! * x[j]!;
    y[row] = Math.max(sum, 0);
  }
  return y;
}

/** Int8 codes with a scale for each output, inputs × outputs, as DynamicQuantizeMatMul takes them. */
function perColumn(weights: Float32Array, n: number, d: number): { codes: Uint8Array; scales: Float32Array } {
  const codes = new Int8Array(n * d);
  const scales = new Float32Array(n);
  for (let row = 0; row < n; row++) {
    let largest = 0;
    for (let j = 0; j < d; j++) largest = Math.max(largest, Math.abs(weights[row * d + j]!));
    scales[row] = largest / 127;
    for (let j = 0; j < d; j++) codes[j * n + row] = Math.round(weights[row * d + j]! / scales[row]!);
  }
  return { codes: new Uint8Array(codes.buffer), scales };
}
