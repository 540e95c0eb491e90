/** A layer of a network that is nothing but 3 × 3 convolutions with ReLU and 2 × 2 poolings. Channels: multiples of 4. */
export interface Layer {
  /** Side of its square input in pixels. */
  size: number;
  /** Channels of its input as they lie in memory. */
  channels: number;
  outputs: number;
  /** Whether the largest of each 2 × 2 pixels goes on. */
  pool: boolean;
}

/** Where a layer's parts lie; addresses of weights are absolute, those of activations relative to a thread's memory. */
interface PlacedLayer extends Layer {
  kernels: number;
  bias: number;
  /** Its inputs, with their borders. */
  input: number;
  /** Tiles computed at a time. */
  block: number;
}

/** Layout of the memory: weights first, for all threads; then each thread's part. In bytes. */
export interface Plan {
  layers: PlacedLayer[];
  /** Pictures that a thread takes at a time. */
  batch: number;
  /** Of the last layer, without a border, relative to a thread's memory. */
  output: number;
  outputSize: number;
  scratch: number;
  weightBytes: number;
  threadBytes: number;
}

/** Output channels in a panel of the kernel: weights and products are laid out by it. */
const panel = 8;
/** What a block of tiles takes at most, so that it stays in a second-level cache. */
const blockBytes = 1.5e6;
/** Fewer tiles at a time would read the weights too often. */
const minBlock = 32;

const align = (byteLength: number): number => Math.ceil(byteLength / 64) * 64;
const panels = (outputs: number): number => Math.ceil(outputs / panel);

/** Bytes of a layer's transformed kernels. */
const kernelBytes = ({ channels, outputs }: Layer): number => 36 * panels(outputs) * panel * channels * 4;

/** Pixels in a row of a buffer with its border. */
export const paddedSide = (size: number): number => 4 * Math.ceil(size / 4) + 2;

const inputBytes = ({ size, channels }: Layer): number => paddedSide(size) ** 2 * channels * 4;

/** Places everything. `batch` pictures are computed at once, so that weights are read once for all. */
export function plan(layers: readonly Layer[], batch: number): Plan {
  let end = 0;
  const place = (byteLength: number): number => {
    const at = end;
    end += align(byteLength);
    return at;
  };
  const weights = layers.map((layer) => ({
    kernels: place(kernelBytes(layer)),
    bias: place(layer.outputs * 4),
  }));
  const weightBytes = end;

  end = 0;
  const placed = layers.map((layer, i): PlacedLayer => {
    const tiles = batch * Math.ceil(layer.size / 4) ** 2;
    const tileBytes = 36 * 4 * (layer.channels + panels(layer.outputs) * panel);
    const fitting = Math.max(minBlock, Math.floor(blockBytes / tileBytes / 4) * 4);
    return {
      ...layer,
      ...weights[i]!,
      input: place(batch * inputBytes(layer)),
      block: Math.min(fitting, Math.ceil(tiles / 4) * 4),
    };
  });
  const last = layers.at(-1)!;
  const outputSize = last.pool ? last.size / 2 : last.size;
  const output = place(batch * outputSize ** 2 * last.outputs * 4);
  const scratch = place(
    Math.max(
      ...placed.map(
        ({ block, channels, outputs }) => 36 * 16 + 36 * block * (channels + panels(outputs) * panel) * 4,
      ),
    ),
  );
  return { layers: placed, batch, output, outputSize, scratch, weightBytes, threadBytes: end };
}
