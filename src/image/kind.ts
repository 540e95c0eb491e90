import { LikenessError } from '../base/errors.ts';
import type { Pixels } from './pixels.ts';

/**
 * The name of a value's class. `instanceof` would miss objects of another window or of a polyfill: a canvas in an iframe,
 * Node's `Buffer`.
 */
export const classOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/** Bytes of any realm: test runners (Vitest with jsdom, Jest) give a program classes that are not Node's. */
export const isBytes = (value: unknown): value is Uint8Array => classOf(value) === 'Uint8Array';

/** A file of any realm, and of any class that is shaped so. */
export const isBlob = (value: unknown): value is Blob =>
  classOf(value) === 'Blob' || classOf(value) === 'File';

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
