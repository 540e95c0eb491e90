import type { InferenceSession } from 'onnxruntime-web';
import { createWasmDense } from '../../src/network/dense/dense.wasm.ts';
import { encodings } from '../../src/network/dense/encoding.ts';
import { oneNodeModel } from '../support/onnx-node.ts';
import { cpuRuntime } from '../support/runtime.ts';
import { dynamicQuantizeMatMul, gemm, matMulNBits, type OperatorForm } from './fc1-operators.ts';
import { type Form, type Problem, storedLayer } from './fc1-problem.ts';

/** Memory of the process in MB after a collection. */
async function resident(): Promise<number> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().rss / 1e6;
}

/** fc1 on one thread of wasm, in Node. */
export async function cpuForms(problem: Problem): Promise<{ forms: Form[]; where: string }> {
  const { n, d, x } = problem;
  const forms: Form[] = [];
  const add = async (name: string, load: () => Promise<(count: number) => Promise<Float32Array>>) => {
    const before = await resident();
    const run = await load();
    await run(1); // some pack their weights now
    forms.push({
      name,
      megabytes: (await resident()) - before,
      create(pictures) {
        let last = new Float32Array(0);
        return {
          run: async () => {
            last = (await run(pictures)) as Float32Array<ArrayBuffer>;
          },
          result: async () => last,
        };
      },
    });
  };
  for (const encoding of encodings) {
    const layer = storedLayer(problem, encoding);
    await add(`ours, ${encoding}`, async () => {
      const dense = await createWasmDense(layer);
      return async (count) => dense.run(x.subarray(0, count * d), count);
    });
  }
  const ort = await cpuRuntime();
  const addOperator = (
    { name, operator, parts }: OperatorForm,
    suffix = '',
    options: InferenceSession.SessionOptions = {},
  ): Promise<void> =>
    add(name + suffix, async () => {
      const { model, externalData } = oneNodeModel(operator, parts, d, n);
      const session = await ort.InferenceSession.create(model, {
        executionProviders: ['wasm'],
        externalData,
        ...options,
      });
      return async (count) => {
        const fed = new ort.Tensor('float32', x.subarray(0, count * d), [count, d]);
        return (await session.run({ x: fed })).y!.data as Float32Array;
      };
    });
  await addOperator(gemm(problem, 1));
  await addOperator(gemm(problem, 1), ' without prepacking', {
    extra: { session: { disable_prepacking: '1' } },
  });
  await addOperator(matMulNBits(problem, 8));
  await addOperator(dynamicQuantizeMatMul(problem));
  return { forms, where: 'one thread of wasm' };
}
