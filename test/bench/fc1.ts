import { cosine } from '../support/compare.ts';
import { cpuForms } from './fc1-cpu.ts';
import { gpuForms } from './fc1-gpu.ts';
import { makeProblem } from './fc1-problem.ts';
import type { Table } from './knn.ts';
import { measure } from './measure.ts';

/** Rows and inputs of fc1: those of VGG16 unless the command line says otherwise. */
export interface Options {
  n: number;
  d: number;
  runs: number;
}

export const defaults: Options = { n: 4096, d: 25088, runs: 9 };

const isPage = typeof document !== 'undefined';

/**
 * fc1 in every form that it could have, our kernels over the stored weights beside ONNX Runtime's operators: in Node on
 * one thread of the CPU, in Chromium on WebGPU, inputs and outputs in buffers of the device. Products of 1 and of 8
 * pictures, how far they are from float64, and what they cost in memory.
 */
export default async function bench(options: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const { n, d, runs } = options;
  const problem = makeProblem(n, d);
  const { forms, where } = isPage ? await gpuForms(problem) : await cpuForms(problem);
  const times = new Map<string, string[]>();
  for (const count of [1, 8]) {
    const measured = await measure(
      forms.map(({ name, create }) => {
        const { run } = create(count);
        return { name, run: () => run().then(() => 0) };
      }),
      runs,
    );
    for (const { name, median, min } of measured) {
      times.set(name, [...(times.get(name) ?? []), median.toFixed(1), min.toFixed(1)]);
    }
  }
  const rows = [];
  for (const { name, create, megabytes } of forms) {
    const { run, result } = create(1);
    await run();
    const features = (await result()).map((value) => Math.max(value, 0));
    rows.push([
      name,
      ...times.get(name)!,
      (1 - cosine(features, problem.exact)).toExponential(1),
      megabytes.toFixed(0),
    ]);
  }
  return {
    tables: [
      {
        title: `fc1: ${n} rows of ${d}, ${where}, ${runs} runs, without its ReLU in ONNX Runtime's`,
        columns: [
          '',
          '1 picture: median ms',
          'min ms',
          '8 pictures: median ms',
          'min ms',
          '1 − cosine',
          'MB',
        ],
        rows,
      },
    ],
    notes: [
      '1 − cosine: to the float64 product of the float32 weights.',
      isPage ? 'MB: the largest buffer of the device that the form makes.' : 'MB: growth of the process.',
    ],
  };
}
