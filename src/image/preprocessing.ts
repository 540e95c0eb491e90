import type { Filter } from './coefficients.ts';

/**
 * How a picture becomes a network's input; part of every model's manifest. A byte becomes
 * `(byte / divisor − mean) / std`, every step rounded to float32: Keras' mode `caffe` without `divisor` and `std`,
 * torchvision's `ToTensor` (divisor 255) and `Normalize(mean, std)` with them.
 */
export interface Preprocessing {
  /** The network's input in pixels. */
  width: number;
  height: number;
  /** Pillow's filter of that name. */
  resample: Filter;
  /**
   * In pixels, no less than `width` and `height`. The picture is scaled, its aspect ratio kept, until its shorter side
   * has this many pixels, and `width × height` are cut from its middle: torchvision's `Resize(shorterSide)` and
   * `CenterCrop((height, width))`. Left out: stretched to `width × height`, as in Keras' `load_img(target_size=…)`.
   */
  shorterSide?: number;
  /**
   * The picture is converted to RGB before it is resized, as torchvision's and timm's loaders do; it matters to pictures
   * with transparency, palettes, CMYK or 16-bit grey. Left out: after, as `resize(…)` and then `convert('RGB')` do.
   */
  rgbFirst?: boolean;
  /** Order of the channels in the tensor. */
  channels: 'BGR' | 'RGB';
  /** What the bytes 0..255 are divided by; above 0. Default: 1 */
  divisor?: number;
  /** Subtracted from each channel (0..255, over `divisor`), in the order of `channels`. */
  mean: readonly [number, number, number];
  /** What each channel is divided by then, in the order of `channels`; above 0. Default: 1 for each */
  std?: readonly [number, number, number];
}

/** Whether a `divisor` or `std` can be divided by: a finite number above 0, in float32 too. */
export function isDivisor(value: unknown): value is number {
  return typeof value === 'number' && Math.fround(value) > 0 && Math.fround(value) < Infinity;
}
