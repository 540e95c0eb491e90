import { LikenessError } from '../errors.ts';
import type { Preprocessing } from '../image/preprocessing.ts';
import type { Extractor } from './extractor.ts';
import type { Model } from './load.ts';
import { normaliseRows } from './normalise.ts';
import { ortQueue, type Runtime } from './ort.ts';

/** The network on ONNX Runtime's CPU provider (wasm). */
export async function createWasmExtractor(model: Model, { ort, threads }: Runtime): Promise<Extractor> {
  const { manifest, graph, shards } = model;
  const { input, output, preprocessing } = manifest;
  const { width, height } = preprocessing;
  const dimension = output.dimension;
  const session = await ortQueue
    .run(() =>
      ort.InferenceSession.create(graph, {
        executionProviders: ['wasm'],
        externalData: [...shards].map(([path, data]) => ({ path, data })),
      }),
    )
    .catch((error: Error) => {
      throw new LikenessError(
        'bad-model',
        `The network ${manifest.name} cannot be loaded: ${error.message}`,
        { cause: error },
      );
    });

  return {
    manifest,
    dimension,
    device: 'wasm',
    threads,
    batchSize: wasmBatchSize(preprocessing),
    extract: async (values, n) => {
      const fed = new ort.Tensor('float32', values, [n, 3, height, width]);
      const { [output.name]: fetched } = await ortQueue.run(() => session.run({ [input.name]: fed }));
      return normaliseRows((fetched!.data as Float32Array).slice(), dimension);
    },
    close: () => ortQueue.run(() => session.release()),
  };
}

/** Small pictures gain from a batch, whose weights are read once; for large ones one is enough and answers sooner. */
export function wasmBatchSize({ width, height }: Pick<Preprocessing, 'width' | 'height'>): number {
  return Math.max(1, Math.min(8, Math.floor((8 * 64 * 64) / (width * height))));
}
