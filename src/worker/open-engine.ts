import { Engine } from '../engine.ts';
import { type Picture, toPixels } from '../image/source.ts';
import { FlatIndex } from '../knn/flat-index.ts';
import { chooseExtractor } from '../model/choose.ts';
import { modelBase, openModelUrl } from '../model/files.browser.ts';
import { createThreadsGraph } from '../model/graph.threads.browser.ts';
import { createWasmGraph } from '../model/graph.wasm.ts';
import { gpuBuild, loadRuntime } from '../model/runtime.browser.ts';
import type { OpenOptions } from '../types.ts';

const defaultModel = 'vgg16-compact';

/** What can be posted of {@link OpenOptions}. */
export type EngineOptions = Omit<OpenOptions, 'signal' | 'onProgress' | 'model'> & { model?: string };

/**
 * Loads the model, chooses where it runs, and makes an empty index.
 *
 * @param entry URL of the worker's script: ONNX Runtime's files lie beside it, the models beside its folder
 */
export async function openEngine(
  { model = defaultModel, device = 'auto', threads, parity }: EngineOptions,
  entry: string,
  onBytes: (done: number, total: number) => void,
): Promise<{ engine: Engine<Picture>; batchSize: number }> {
  const base = modelBase(model, new URL('../models/', entry).href);
  const ortBase = new URL('./ort/', entry).href;
  // Weights come first: a session that fails for want of them can spoil a realm for the next.
  const loaded = await openModelUrl(base, { onProgress: onBytes });
  const {
    extractor,
    reason,
    device: shared,
  } = await chooseExtractor(loaded, device, {
    createCpuGraph: async (from) =>
      from.manifest.convolutions
        ? createThreadsGraph(from, threads)
        : createWasmGraph(from, await loadRuntime('wasm', ortBase, threads)),
    loadGpuRuntime: () => loadRuntime(gpuBuild(), ortBase, threads),
  });
  const index = await FlatIndex.create({
    dimension: extractor.dimension,
    backend: device === 'webgpu' ? 'webgpu' : 'auto',
    device: shared,
  });
  const orient = parity !== 'keras';
  const engine = new Engine<Picture>(extractor, reason, index, (picture) => toPixels(picture, { orient }));
  return { engine, batchSize: extractor.batchSize };
}
