import { LikenessError } from '../../src/base/errors.ts';
import type { CpuGraph } from '../../src/network/graph.ts';
import type { Model } from '../../src/network/load.ts';
import { ortMutex, type Runtime } from '../../src/network/ort.ts';
import { sessionFiles } from '../../src/network/session-files.ts';

/** The graph on ONNX Runtime's CPU provider (wasm): what our kernels are compared with. */
export async function createWasmGraph(model: Model, ort: Runtime): Promise<CpuGraph> {
  const { input, output, preprocessing, name } = model.manifest;
  const { width, height } = preprocessing;
  const { graph, externalData } = await sessionFiles(model);
  const session = await ortMutex
    .run(() => ort.InferenceSession.create(graph, { executionProviders: ['wasm'], externalData }))
    .catch((error: Error) => {
      throw new LikenessError('bad-model', `The network ${name} cannot be loaded: ${error.message}`, {
        cause: error,
      });
    });
  return {
    threads: ort.env.wasm.numThreads ?? 1,
    async run(values, n, layers) {
      if (layers) throw new Error('a session runs all layers');
      const fed = new ort.Tensor('float32', values, [n, 3, height, width]);
      const { [output.name]: fetched } = await ortMutex.run(() => session.run({ [input.name]: fed }));
      return (fetched!.data as Float32Array).slice();
    },
    close: () => ortMutex.run(() => session.release()),
  };
}
