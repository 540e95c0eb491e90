import normaliseCode from '#shaders/normalise.wgsl';
import { LikenessError } from '../errors.ts';
import { createStorageBuffer, readBuffer } from '../gpu/buffer.ts';
import { createKernel } from '../gpu/kernel.ts';
import type { GpuExtractor } from './extractor.ts';
import type { Model } from './load.ts';
import { ortQueue, type Runtime } from './ort.ts';

/** Pictures of one run: more keep a GPU busier, fewer keep the activations small and a submit short. */
const picturesPerRun = 8;

/**
 * The network on ONNX Runtime's WebGPU provider, on a device of ours: it writes its output into our buffer, our kernel
 * divides it by its norm there.
 */
export async function createGpuExtractor(
  model: Model,
  { ort }: Runtime,
  device: GPUDevice,
): Promise<GpuExtractor> {
  const { manifest, graph, shards } = model;
  const { input, output, preprocessing } = manifest;
  const { width, height } = preprocessing;
  const dimension = output.dimension;
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
  const buffer = createStorageBuffer(device, picturesPerRun * dimension * 4, 'features');
  const session = await ortQueue
    .run(() =>
      ort.InferenceSession.create(graph, {
        executionProviders: [{ name: 'webgpu', device, preferredLayout: 'NHWC', validationMode: 'wgpuOnly' }],
        externalData: [...shards].map(([path, data]) => ({ path, data })),
      }),
    )
    .catch((error) => {
      buffer.destroy();
      throw explain(error);
    });

  const extractToBuffer = async (values: Float32Array, n: number): Promise<GPUBuffer> => {
    if (n > picturesPerRun) {
      throw new LikenessError('bad-argument', `${n} pictures came; one run takes at most ${picturesPerRun}.`);
    }
    try {
      const fed = new ort.Tensor('float32', values, [n, 3, height, width]);
      const fetched = ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [n, dimension] });
      await session.run({ [input.name]: fed }, { [output.name]: fetched });
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      normalise.dispatch(pass, [{ buffer, size: n * dimension * 4 }], [n]);
      pass.end();
      device.queue.submit([encoder.finish()]);
      return buffer;
    } catch (error) {
      throw explain(error);
    }
  };

  return {
    manifest,
    dimension,
    device: 'webgpu',
    gpu: device,
    threads: 1,
    batchSize: picturesPerRun,
    // The queue holds until the buffer is read: the next run writes it anew.
    extractToBuffer: (values, n) => ortQueue.run(() => extractToBuffer(values, n)),
    extract: (values, n) =>
      ortQueue.run(async () => {
        await extractToBuffer(values, n);
        return new Float32Array(
          await readBuffer(device, buffer, n * dimension * 4).catch((error) => {
            throw explain(error);
          }),
        );
      }),
    close: () =>
      ortQueue.run(async () => {
        await session.release();
        buffer.destroy();
      }),
  };
}
