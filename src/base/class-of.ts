/**
 * The name of a value's class. `instanceof` would miss objects of another realm (a frame, a `vm` context, Vitest with jsdom,
 * Jest) and of a polyfill. Node's `Buffer` is a `Uint8Array`.
 */
export const classOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

export const isBytes = (value: unknown): value is Uint8Array => classOf(value) === 'Uint8Array';

export const isFloats = (value: unknown): value is Float32Array => classOf(value) === 'Float32Array';

/** A file, too. */
export const isBlob = (value: unknown): value is Blob => ['Blob', 'File'].includes(classOf(value));

export const isUrl = (value: unknown): value is URL => classOf(value) === 'URL';
