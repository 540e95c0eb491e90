import { instantiateKernel } from './kernel.ts';
import type { Network } from './network.ts';
import { type Plan, paddedSide } from './plan.ts';

/** Some of a network's layers: those from `from` on, up to the one before `to`. */
export interface LayerRange {
  /** Default 0. */
  from?: number | undefined;
  /** Default: all. */
  to?: number | undefined;
}

/** One thread's view of a network. */
export interface NetworkThread {
  /**
   * @param input n × channels × size × size, as the first of the layers takes it: pictures, with 3 channels
   * @returns what the last of the layers gives, after its pooling; n × channels × side × side
   */
  run(input: Float32Array, n: number, layers?: LayerRange): Float32Array;
}

/** Prepares thread `index` of those that the network's memory has room for. */
export async function createThread({ plan, memory, build }: Network, index: number): Promise<NetworkThread> {
  const kernel = await instantiateKernel(build, memory);
  const base = plan.weightBytes + index * plan.threadBytes;
  const { layers, batch, outputSize } = plan;

  /** The values of `n` pictures that lie pixel by pixel, in rows of `side` pixels of `channels` values. */
  const valuesAt = (at: number, n: number, side: number, channels: number): Float32Array =>
    new Float32Array(memory.buffer, base + at, n * side * side * channels);

  /** Puts planes before a layer, as pixels inside the border. */
  const feed = (planes: Float32Array, n: number, { input, size, channels }: Plan['layers'][number]): void => {
    const side = paddedSide(size);
    const pixels = valuesAt(input, n, side, channels);
    const given = planes.length / (n * size * size);
    for (let p = 0, at = 0; p < n; p++) {
      for (let c = 0; c < given; c++) {
        for (let y = 0; y < size; y++) {
          let to = ((p * side + y + 1) * side + 1) * channels + c;
          for (let x = 0; x < size; x++, to += channels) pixels[to] = planes[at++]!;
        }
      }
    }
  };

  /** Takes planes from pixels, whose first is pixel (border, border) of rows of `side`. */
  const fetch = (
    at: number,
    n: number,
    size: number,
    side: number,
    channels: number,
    out: Float32Array,
  ): void => {
    const pixels = valuesAt(at, n, side, channels);
    const border = side > size ? 1 : 0;
    for (let p = 0; p < n; p++) {
      for (let y = 0; y < size; y++) {
        let from = ((p * side + y + border) * side + border) * channels;
        for (let x = 0; x < size; x++) {
          let to = (p * channels * size + y) * size + x;
          for (let c = 0; c < channels; c++, to += size * size) out[to] = pixels[from++]!;
        }
      }
    }
  };

  const runBatch = (planes: Float32Array, n: number, out: Float32Array, from: number, to: number): void => {
    feed(planes, n, layers[from]!);
    for (const [i, layer] of layers.slice(from, to).entries()) {
      const next = layers[from + i + 1];
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
    const next = layers[to];
    if (next) fetch(next.input, n, next.size, paddedSide(next.size), next.channels, out);
    else fetch(plan.output, n, outputSize, outputSize, layers.at(-1)!.outputs, out);
  };

  return {
    run(values, n, { from = 0, to = layers.length } = {}) {
      const size = values.length / n;
      const last = layers[to - 1]!;
      const width = (layers[to]?.size ?? outputSize) ** 2 * last.outputs;
      const out = new Float32Array(n * width);
      for (let done = 0; done < n; done += batch) {
        const count = Math.min(batch, n - done);
        const planes = values.subarray(done * size, (done + count) * size);
        runBatch(planes, count, out.subarray(done * width, (done + count) * width), from, to);
      }
      return out;
    },
  };
}
