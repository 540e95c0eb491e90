import normaliseCode from '#shaders/normalise.wgsl';
import { LikenessError } from '../base/errors.ts';
import { createStorageBuffer, readBuffer } from '../gpu/buffer.ts';
import { createKernel } from '../gpu/kernel.ts';
import { createGpuDense } from './dense/dense.webgpu.ts';
import { denseLayer } from './dense/layer.ts';
import type { Extractor, GpuExtractor } from './extractor.ts';
import type { Model } from './load.ts';
import { ortMutex, type Runtime } from './ort.ts';
import { sessionFiles } from './session-files.ts';

/** Pictures of one run: more keep a GPU busier, fewer keep the activations small and a submit short. */
const picturesPerRun = 8;

/**
 * The network on ONNX Runtime's WebGPU provider, on a device of ours: it writes its output into our buffer; our kernels
 * do the dense layer and divide by the norm there.
 *
 * @param createOnCpu makes the same network on the CPU, when something is explained: a session gives no activations
 */
export async function createGpuExtractor(
  model: Model,
  ort: Runtime,
  device: GPUDevice,
  createOnCpu: () => Promise<Extractor>,
): Promise<GpuExtractor> {
  const { manifest } = model;
  const { input, preprocessing } = manifest;
  const { dimension, name: outputName } = manifest.output;
  let lost: GPUDeviceLostInfo | undefined;
  void device.lost.then((info) => {
    lost = info;
  });
  const explain = (error: unknown): LikenessError => {
    const message = error instanceof Error ? error.message : String(error);
    return lost
      ? new LikenessError('device-lost', `The GPU device was lost (${lost.reason}): ${lost.message}`, {
          cause: error,
        })
      : new LikenessError(
          'no-backend',
          `The network ${manifest.name} does not run on WebGPU here: ${message}`,
          { cause: error },
        );
  };

  const normalise = await createKernel(device, 'normalise', normaliseCode, { d: dimension });
  const layer = denseLayer(model);
  const dense = layer && (await createGpuDense(device, layer));
  const features = createStorageBuffer(device, picturesPerRun * dimension * 4, 'features');
  /** Where the session writes: the features themselves, unless a dense layer follows. */
  const width = layer?.inputs ?? dimension;
  const output = layer ? createStorageBuffer(device, picturesPerRun * width * 4, 'graph output') : features;
  const free = (): void => {
    dense?.close();
    features.destroy();
    output.destroy();
  };
  const { graph, externalData } = await sessionFiles(model);
  const session = await ortMutex
    .run(() =>
      ort.InferenceSession.create(graph, {
        executionProviders: [{ name: 'webgpu', device, preferredLayout: 'NHWC', validationMode: 'wgpuOnly' }],
        externalData,
      }),
    )
    .catch((error) => {
      free();
      throw explain(error);
    });

  const extractToBuffer = async (values: Float32Array, n: number): Promise<GPUBuffer> => {
    if (n > picturesPerRun) {
      throw new LikenessError('bad-argument', `${n} pictures came; one run takes at most ${picturesPerRun}.`);
    }
    try {
      const fed = new ort.Tensor('float32', values, [n, 3, preprocessing.height, preprocessing.width]);
      const fetched = ort.Tensor.fromGpuBuffer(output, { dataType: 'float32', dims: [n, width] });
      await session.run({ [input.name]: fed }, { [outputName]: fetched });
      const bound = { buffer: features, size: n * dimension * 4 };
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      dense?.encode(pass, { buffer: output, size: n * width * 4 }, bound, n);
      normalise.dispatch(pass, [bound], [n]);
      pass.end();
      const copy = createStorageBuffer(device, bound.size, 'features of a call');
      encoder.copyBufferToBuffer(features, 0, copy, 0, bound.size);
      device.queue.submit([encoder.finish()]);
      return copy;
    } catch (error) {
      throw explain(error);
    }
  };
  let onCpu: Promise<Extractor> | undefined;
  const inTurn = (values: Float32Array, n: number): Promise<GPUBuffer> =>
    ortMutex.run(() => extractToBuffer(values, n));

  return {
    manifest,
    dimension,
    backend: 'webgpu',
    gpu: device,
    threads: 1,
    batchSize: picturesPerRun,
    extractToBuffer: inTurn,
    async extract(values, n) {
      const found = await inTurn(values, n);
      try {
        return new Float32Array(await readBuffer(device, found, n * dimension * 4));
      } catch (error) {
        throw explain(error);
      } finally {
        found.destroy();
      }
    },
    async explain(input, other, onStep) {
      onCpu ??= createOnCpu();
      const cpu = await onCpu.catch((error) => {
        onCpu = undefined;
        throw error;
      });
      return cpu.explain(input, other, onStep);
    },
    async close() {
      await onCpu?.then(
        (cpu) => cpu.close(),
        () => {},
      );
      await ortMutex.run(async () => {
        await session.release();
        free();
      });
    },
  };
}
