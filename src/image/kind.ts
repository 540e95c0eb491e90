import { classOf } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import type { Pixels } from './pixels.ts';

/** Whether a value looks like {@link Pixels}; whether it is right is up to `checkPixels`. */
export const isPixels = (value: unknown): value is Pixels =>
  typeof value === 'object' && value !== null && 'width' in value && 'height' in value && 'rgba' in value;

/** `ImageData`, the platform's or one shaped like it. */
export const isImageData = (
  value: unknown,
): value is { width: number; height: number; data: Uint8ClampedArray | Uint8Array } =>
  typeof value === 'object' && value !== null && 'width' in value && 'height' in value && 'data' in value;

/** The error for something that is no picture source. */
export function notASource(value: unknown, wanted: string): LikenessError {
  const what = value === null || value === undefined ? String(value) : classOf(value);
  return new LikenessError('bad-argument', `a picture cannot be made of ${what}; wanted ${wanted}`);
}
