import type { Preprocessing } from '../image/preprocessing.ts';
import { createWasmDense } from './dense/dense.wasm.ts';
import { denseLayer } from './dense/layer.ts';
import { sensitivity } from './explain.ts';
import type { Extractor } from './extractor.ts';
import type { CpuGraph } from './graph.ts';
import type { Model } from './load.ts';
import { normaliseRows } from './normalise.ts';

/** The network on the CPU: the graph where `graph` runs it, then the dense layer in our kernel. Closes `graph`. */
export async function createCpuExtractor(model: Model, graph: CpuGraph): Promise<Extractor> {
  const { manifest } = model;
  const dimension = manifest.output.dimension;
  const layer = denseLayer(model);
  const dense = layer && (await createWasmDense(layer));
  return {
    manifest,
    dimension,
    backend: 'wasm',
    threads: graph.threads,
    batchSize: cpuBatchSize(manifest.preprocessing),
    async extract(values, n) {
      const output = await graph.run(values, n);
      return normaliseRows(dense ? dense.run(output, n) : output, dimension);
    },
    explain: (input, other, onStep) => sensitivity({ manifest, graph, dense }, input, other, onStep),
    close: () => graph.close(),
  };
}

/** Small pictures gain from a batch, whose weights are read once; for large ones one is enough and answers sooner. */
export function cpuBatchSize({ width, height }: Preprocessing): number {
  return Math.max(1, Math.min(8, Math.floor((8 * 64 * 64) / (width * height))));
}
