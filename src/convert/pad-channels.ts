import { shapeOfWeights, type Weight, weightShapes } from './vgg16-weights.ts';

/** Vectors of four: WebGPU kernels load channels by fours. */
const unit = 4;

/**
 * The same network with every block's width a multiple of four: channels are added whose weights, and so whose values,
 * are zero. ONNX Runtime 1.30's WebGPU provider computes a convolution of 2 mod 4 input and 0 mod 4 output channels
 * wrongly, without an error; widths of VGG16 itself are not touched.
 */
export function padChannels(weights: ReadonlyMap<string, Weight>): ReadonlyMap<string, Weight> {
  const shape = shapeOfWeights(weights);
  const widths = shape.widths.map((width) => Math.ceil(width / unit) * unit);
  if (widths.every((width, block) => width === shape.widths[block])) return weights;
  const shapes = weightShapes({ ...shape, widths });
  return new Map(
    [...weights].map(([name, weight]) => [name, padWeight(weight, shapes.get(name) ?? weight.shape)]),
  );
}

/** A weight with zeros after the values of each row and after the last row: input channels come first in a row. */
function padWeight(weight: Weight, shape: number[]): Weight {
  const valueBytes = weight.dataType === 'float16' ? 2 : 4;
  const rowBytes = (sizes: number[]): number => sizes.slice(1).reduce((a, b) => a * b, valueBytes);
  const [narrow, wide] = [rowBytes(weight.shape), rowBytes(shape)];
  const rows = weight.shape[0]!;
  return {
    ...weight,
    shape,
    async data(from, to) {
      const padded = new Uint8Array((to - from) * wide);
      const end = Math.min(to, rows);
      if (from >= end) return padded;
      const bytes = await weight.data(from, end);
      for (let row = 0; row < end - from; row++) {
        padded.set(bytes.subarray(row * narrow, (row + 1) * narrow), row * wide);
      }
      return padded;
    },
  };
}
