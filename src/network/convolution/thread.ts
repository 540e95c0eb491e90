import { instantiateKernel } from './kernel.ts';
import type { Network } from './network.ts';
import { paddedSide } from './plan.ts';

/** One thread's view of a network. */
export interface NetworkThread {
  /**
   * @param input n × 3 × size × size
   * @returns the last pooling's values, n × channels × side × side
   */
  run(input: Float32Array, n: number): Float32Array;
}

/** Prepares thread `index` of those that the network's memory has room for. */
export async function createThread({ plan, memory, build }: Network, index: number): Promise<NetworkThread> {
  const kernel = await instantiateKernel(build, memory);
  const base = plan.weightBytes + index * plan.threadBytes;
  const { layers, batch, outputSize } = plan;
  const [first, last] = [layers[0]!, layers.at(-1)!];
  const side = paddedSide(first.size);
  const plane = first.size ** 2;
  const input = new Float32Array(memory.buffer, base + first.input, batch * side * side * first.channels);
  const spots = outputSize ** 2;
  const output = new Float32Array(memory.buffer, base + plan.output, batch * spots * last.outputs);

  const runBatch = (pictures: Float32Array, n: number, out: Float32Array): void => {
    // Planes to pixels of 4 values, inside the border.
    for (let p = 0, from = 0; p < n; p++) {
      for (let c = 0; c < 3; c++) {
        for (let y = 0; y < first.size; y++) {
          let to = ((p * side + y + 1) * side + 1) * first.channels + c;
          for (let x = 0; x < first.size; x++, to += first.channels) input[to] = pictures[from++]!;
        }
      }
    }
    for (const [i, layer] of layers.entries()) {
      const next = layers[i + 1];
      const pixel = layer.outputs * 4;
      const row = next ? paddedSide(next.size) * pixel : outputSize * pixel;
      kernel.convolve({
        n,
        x: base + layer.input,
        y: base + (next ? next.input + row + pixel : plan.output),
        yPicture: next ? paddedSide(next.size) * row : outputSize * row,
        yRow: row,
        u: layer.kernels,
        bias: layer.bias,
        height: layer.size,
        width: layer.size,
        channels: layer.channels,
        outputs: layer.outputs,
        pool: Number(layer.pool),
        block: layer.block,
        scratch: base + plan.scratch,
      });
    }
    for (let p = 0, from = 0; p < n; p++) {
      for (let s = 0; s < spots; s++) {
        let to = p * spots * last.outputs + s;
        for (let c = 0; c < last.outputs; c++, to += spots) out[to] = output[from++]!;
      }
    }
  };

  return {
    run(values, n) {
      const size = 3 * plane;
      const width = spots * last.outputs;
      const out = new Float32Array(n * width);
      for (let done = 0; done < n; done += batch) {
        const count = Math.min(batch, n - done);
        runBatch(
          values.subarray(done * size, (done + count) * size),
          count,
          out.subarray(done * width, (done + count) * width),
        );
      }
      return out;
    },
  };
}
