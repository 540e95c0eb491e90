import { LikenessError } from '../base/errors.ts';
import { type OpenedDevice, openDevice, openedDevice } from '../gpu/device.ts';
import { createCpuExtractor } from './extractor.cpu.ts';
import type { Extractor } from './extractor.ts';
import { createGpuExtractor } from './extractor.webgpu.ts';
import type { CpuGraph } from './graph.ts';
import type { Model } from './load.ts';
import type { Runtime } from './ort.ts';
import { probe, timePicture } from './probe.ts';

export type DeviceRequest = 'auto' | 'wasm' | 'webgpu';

/** An extractor that has answered its model's known question. */
export interface ExtractorChoice {
  extractor: Extractor;
  /** Why it runs where it does, as a sentence. */
  reason: string;
  /** The device that it runs on, for the search to share; not one that was given. */
  device?: GPUDevice;
}

/**
 * WebGPU failed. It can leave its realm unusable for another session of ONNX Runtime: with `auto`, the caller goes on with
 * `wasm` in a new realm.
 */
export class GpuFailed extends Error {}

/** How a platform makes what is chosen from. */
export interface ExtractorSource {
  /** @param threads how many; left out, as the caller of `open` wants it */
  createCpuGraph(model: Model, threads?: number): Promise<CpuGraph>;
  /** ONNX Runtime's build with the WebGPU provider. */
  loadGpuRuntime(): Promise<Runtime>;
}

/**
 * Makes the extractor that was asked for; for `auto` the one that answers a known question right and sooner.
 *
 * @param options.because why wasm is asked for, where it is not the caller's own wish
 * @param options.shared the device to take for `webgpu`; it stays its owner's
 * @throws LikenessError `no-backend` when what was asked for does not run here; {@link GpuFailed} for `auto`
 */
export async function chooseExtractor(
  model: Model,
  request: DeviceRequest,
  { createCpuGraph, loadGpuRuntime }: ExtractorSource,
  {
    because = 'wasm was asked for',
    shared,
  }: { because?: string | undefined; shared?: GPUDevice | undefined } = {},
): Promise<ExtractorChoice> {
  const onCpu = async (reason: string): Promise<ExtractorChoice> => {
    const graph = await createCpuGraph(model);
    const extractor = await createCpuExtractor(model, graph);
    await probe(extractor).catch(async (error) => {
      await extractor.close();
      throw error;
    });
    return { extractor, reason: graph.note === undefined ? reason : `${reason}; ${graph.note}` };
  };
  if (request === 'wasm') return onCpu(because);

  let opened: OpenedDevice;
  try {
    opened = shared ? openedDevice(shared) : await openDevice();
  } catch (error) {
    if (request === 'webgpu' || !(error instanceof LikenessError)) throw error;
    return onCpu(error.message);
  }
  const { device, adapter } = opened;
  if (request === 'auto' && opened.isSoftware) {
    device.destroy();
    return onCpu(`the only WebGPU adapter is software (${adapter})`);
  }
  try {
    const runtime = await loadGpuRuntime();
    const gpu = await createGpuExtractor(model, runtime, device, async () =>
      createCpuExtractor(model, await createCpuGraph(model, 1)),
    );
    await probe(gpu);
    if (request === 'webgpu') {
      const reason = `WebGPU was asked for (${adapter})`;
      return { extractor: gpu, reason, ...(shared ? {} : { device }) };
    }

    const cpu = await createCpuExtractor(model, await createCpuGraph(model));
    await probe(cpu);
    const [gpuMs, cpuMs] = [await timePicture(gpu), await timePicture(cpu)];
    const reason = `a picture took ${gpuMs.toFixed(1)} ms on WebGPU (${adapter}), ${cpuMs.toFixed(1)} ms on wasm`;
    if (gpuMs <= cpuMs) {
      await cpu.close();
      return { extractor: gpu, reason, device };
    }
    await gpu.close();
    device.destroy();
    return { extractor: cpu, reason };
  } catch (error) {
    if (!shared) device.destroy();
    if (request === 'webgpu') throw error;
    const isMissing = error instanceof LikenessError && error.code === 'not-found';
    const what = isMissing
      ? 'WebGPU is not used, as a file that it needs is missing'
      : 'WebGPU failed its test';
    throw new GpuFailed(`${what}: ${error instanceof Error ? error.message : error}`);
  }
}
