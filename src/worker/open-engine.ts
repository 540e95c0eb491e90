import { Engine } from '../engine.ts';
import { LikenessError } from '../errors.ts';
import { type OpenedDevice, openDevice } from '../gpu/device.ts';
import { type Picture, toPixels } from '../image/source.ts';
import { FlatIndex } from '../knn/flat-index.ts';
import type { Extractor } from '../model/extractor.ts';
import { createWasmExtractor } from '../model/extractor.wasm.ts';
import { createGpuExtractor } from '../model/extractor.webgpu.ts';
import { modelBase, modelFilesAt } from '../model/files.browser.ts';
import { loadModel, type Model } from '../model/load.ts';
import { probe } from '../model/probe.ts';
import { gpuBuild, loadRuntime } from '../model/runtime.browser.ts';
import type { OpenOptions } from '../types.ts';

const defaultModel = 'vgg16-compact';

/** What can be posted of {@link OpenOptions}. */
export type EngineOptions = Omit<OpenOptions, 'signal' | 'onProgress' | 'model'> & { model?: string };

interface Chosen {
  extractor: Extractor;
  reason: string;
  /** The device that the extractor runs on, for the search to share. */
  device?: GPUDevice;
}

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
  if (!['auto', 'wasm', 'webgpu'].includes(device)) {
    throw new LikenessError('bad-argument', `The device is "${device}"; take auto, wasm or webgpu.`);
  }
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    throw new LikenessError('bad-argument', `threads is ${threads}; it has to be a whole number from 1.`);
  }
  const base = modelBase(model, new URL('../models/', entry).href);
  const ortBase = new URL('./ort/', entry).href;
  // Weights come first: a session that fails for want of them can spoil a realm for the next.
  const loaded = await loadModel(base, modelFilesAt(base), { onProgress: onBytes });
  const { extractor, reason, device: shared } = await chooseExtractor(loaded, device, ortBase, threads);
  const index = await FlatIndex.create({
    dimension: extractor.dimension,
    backend: device === 'webgpu' ? 'webgpu' : 'auto',
    device: shared,
  });
  const orient = parity !== 'keras';
  const engine = new Engine<Picture>(extractor, reason, index, (picture) => toPixels(picture, { orient }));
  return { engine, batchSize: extractor.batchSize };
}

async function chooseExtractor(
  model: Model,
  device: 'auto' | 'wasm' | 'webgpu',
  ortBase: string,
  threads: number | undefined,
): Promise<Chosen> {
  const onCpu = async (reason: string): Promise<Chosen> => {
    const extractor = await createWasmExtractor(model, await loadRuntime('wasm', ortBase, threads));
    await probe(extractor);
    return { extractor, reason };
  };
  if (device === 'wasm') return onCpu('wasm was asked for');

  let opened: OpenedDevice;
  try {
    opened = await openDevice();
  } catch (error) {
    if (device === 'webgpu' || !(error instanceof LikenessError)) throw error;
    return onCpu(error.message);
  }
  if (device === 'auto' && opened.isSoftware) {
    opened.device.destroy();
    return onCpu(`the only WebGPU adapter is software (${opened.adapter})`);
  }
  const onGpu = async (): Promise<{
    extractor: Extractor;
    ms: number;
    runtime: Awaited<ReturnType<typeof loadRuntime>>;
  }> => {
    const runtime = await loadRuntime(gpuBuild(), ortBase, threads);
    const extractor = await createGpuExtractor(model, runtime, opened.device);
    return { extractor, ms: await probe(extractor), runtime };
  };
  if (device === 'webgpu') {
    const { extractor } = await onGpu();
    return { extractor, reason: `WebGPU was asked for (${opened.adapter})`, device: opened.device };
  }

  // Both answered the known question; what they measured decides. WebGPU's build holds the CPU provider too.
  try {
    const gpu = await onGpu();
    const cpu = await createWasmExtractor(model, gpu.runtime);
    const cpuMs = await probe(cpu);
    const measured = `${gpu.ms.toFixed(1)} ms a picture on WebGPU (${opened.adapter}), ${cpuMs.toFixed(1)} ms on wasm`;
    const [kept, other] = gpu.ms <= cpuMs ? [gpu.extractor, cpu] : [cpu, gpu.extractor];
    await other.close();
    if (kept === gpu.extractor) return { extractor: kept, reason: measured, device: opened.device };
    opened.device.destroy();
    return { extractor: kept, reason: measured };
  } catch (error) {
    opened.device.destroy();
    return onCpu(`WebGPU failed its test: ${error instanceof Error ? error.message : error}`);
  }
}
