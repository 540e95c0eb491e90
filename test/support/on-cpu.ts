import { loadNetwork } from '../../src/network/convolution/network.ts';
import { createThread } from '../../src/network/convolution/thread.ts';
import { createCpuExtractor } from '../../src/network/extractor.cpu.ts';
import type { Extractor } from '../../src/network/extractor.ts';
import type { CpuGraph } from '../../src/network/graph.ts';
import type { Model } from '../../src/network/load.ts';

/** A model's convolutions in our own kernels, on the calling thread. */
export async function graphOnCpu(model: Model, batch = 2): Promise<CpuGraph> {
  const thread = await createThread(await loadNetwork(model, { threads: 1, shared: false, batch }), 0);
  return {
    threads: 1,
    run: async (values, n, layers) => thread.run(values, n, layers),
    close: async () => {},
  };
}

export const extractorOnCpu = async (model: Model): Promise<Extractor> =>
  createCpuExtractor(model, await graphOnCpu(model));

/** For an extractor on a GPU that is not asked to explain anything. */
export const noCpu = async (): Promise<never> => {
  throw new Error('not asked');
};
