/** How a picture becomes a network's input; part of every model's manifest. */
export interface Preprocessing {
  /** The network's input in pixels. The aspect ratio is not kept, as in Keras' `load_img(target_size=…)`. */
  width: number;
  height: number;
  /** Pillow's filter of that name. */
  resample: 'bicubic';
  /** Order of the channels in the tensor. */
  channels: 'BGR' | 'RGB';
  /** Subtracted from each channel (0..255), in the order of `channels`, in float32. */
  mean: readonly [number, number, number];
}
