import { LikenessError } from '../base/errors.ts';

/** A compute pipeline with its shader. */
export interface GpuKernel {
  /** Sets pipeline and buffers and starts the workgroups. `buffers[i]` is binding i of group 0. */
  dispatch(
    pass: GPUComputePassEncoder,
    buffers: (GPUBuffer | GPUBufferBinding)[],
    groups: [number, number?, number?],
  ): void;
}

/**
 * Compiles a shader whose entry point is `main`. A mistake in it, or a limit it breaks, is an ordinary error.
 *
 * @param name for messages
 * @param constants values of its `override`s
 */
export async function createKernel(
  device: GPUDevice,
  name: string,
  code: string,
  constants: Record<string, number> = {},
): Promise<GpuKernel> {
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: name, code });
  try {
    const pipeline = await device.createComputePipelineAsync({
      label: name,
      layout: 'auto',
      compute: { module, entryPoint: 'main', constants },
    });
    return {
      dispatch(pass, buffers, groups) {
        pass.setPipeline(pipeline);
        const entries = buffers.map((bound, binding) => ({
          binding,
          resource: 'buffer' in bound ? bound : { buffer: bound },
        }));
        pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
        pass.dispatchWorkgroups(...groups);
      },
    };
  } catch (error) {
    const { messages } = await module.getCompilationInfo();
    const said = messages.map(({ lineNum, message }) => `line ${lineNum}: ${message}`).join('; ');
    throw new LikenessError(
      'no-backend',
      `The shader ${name} does not compile here: ${said || (error as Error).message}`,
      {
        cause: error,
      },
    );
  } finally {
    await device.popErrorScope();
  }
}
