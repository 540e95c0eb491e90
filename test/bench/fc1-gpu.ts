import { gpuBuild } from '../../src/assets/gpu-build.ts';
import { createStorageBuffer, readBuffer } from '../../src/gpu/buffer.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { createGpuDense } from '../../src/network/dense/dense.webgpu.ts';
import { encodings } from '../../src/network/dense/encoding.ts';
import { loadRuntime } from '../../src/network/runtime.browser.ts';
import { oneNodeModel } from '../support/onnx-node.ts';
import { builtAssets } from '../support/runtime.ts';
import { gemm, matMulNBits, type OperatorForm } from './fc1-operators.ts';
import { type Form, type Problem, storedLayer } from './fc1-problem.ts';

/** fc1 on WebGPU: inputs and outputs are buffers of the device, a run is over when its queue is empty. */
export async function gpuForms(problem: Problem): Promise<{ forms: Form[]; where: string }> {
  const { n, d } = problem;
  const { device, adapter } = await openDevice();
  const x = createStorageBuffer(device, problem.x.byteLength, 'x');
  device.queue.writeBuffer(x, 0, problem.x as Float32Array<ArrayBuffer>);
  const y = createStorageBuffer(device, 8 * n * 4, 'y');
  const done = (): Promise<undefined> => device.queue.onSubmittedWorkDone();
  const result = async (): Promise<Float32Array> => new Float32Array(await readBuffer(device, y, n * 4));

  const createBuffer = device.createBuffer.bind(device);
  let largest = 0;
  device.createBuffer = (descriptor) => {
    largest = Math.max(largest, descriptor.size);
    return createBuffer(descriptor);
  };

  const forms: Form[] = [];
  for (const encoding of encodings) {
    largest = 0;
    const dense = await createGpuDense(device, storedLayer(problem, encoding));
    forms.push({
      name: `ours, ${encoding}`,
      megabytes: largest / 1e6,
      create: (pictures) => ({
        result,
        async run() {
          const encoder = device.createCommandEncoder();
          const pass = encoder.beginComputePass();
          dense.encode(
            pass,
            { buffer: x, size: pictures * d * 4 },
            { buffer: y, size: pictures * n * 4 },
            pictures,
          );
          pass.end();
          device.queue.submit([encoder.finish()]);
          await done();
        },
      }),
    });
  }

  const ort = await loadRuntime(gpuBuild(), builtAssets());
  const add = async ({ name, operator, parts }: OperatorForm): Promise<void> => {
    largest = 0;
    const { model, externalData } = oneNodeModel(operator, parts, d, n);
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [{ name: 'webgpu', device, preferredLayout: 'NHWC', validationMode: 'wgpuOnly' }],
      externalData,
    });
    const run = async (pictures: number): Promise<void> => {
      const fed = ort.Tensor.fromGpuBuffer(x, { dataType: 'float32', dims: [pictures, d] });
      const fetched = ort.Tensor.fromGpuBuffer(y, { dataType: 'float32', dims: [pictures, n] });
      await session.run({ x: fed }, { y: fetched });
      await done();
    };
    await run(1); // some pack their weights now
    forms.push({
      name,
      megabytes: largest / 1e6,
      create: (pictures) => ({ result, run: () => run(pictures) }),
    });
  };
  // In one part the weights would need a buffer of 411 MB.
  await add(gemm(problem, 4));
  await add(matMulNBits(problem, 8));
  await add(matMulNBits(problem, 4));
  return { forms, where: `WebGPU on ${adapter}` };
}
