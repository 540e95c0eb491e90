import { type ErrorCode, LikenessError } from './errors.ts';
import type * as web from './web-types.ts';

/** Bytes that are read where they are wanted: in memory, of a `Blob`, of a file. */
export interface RandomAccess {
  size(): Promise<number>;
  /** Fills `into` from byte `at`. Resolves to the bytes read: fewer than asked for only where the bytes end. */
  read(at: number, into: Uint8Array): Promise<number>;
}

/** @internal A file that is open until it is closed. */
export interface OpenFile extends RandomAccess {
  close(): Promise<void>;
}

/**
 * Bytes in memory, e.g. an array of an `.npz`, as a file.
 *
 * @example const rows = await openNpyRows(bytesFile(bytes), 512);
 */
export const bytesFile = (bytes: Uint8Array): RandomAccess => ({
  size: async () => bytes.length,
  async read(at, into) {
    const part = bytes.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  },
});

/** @internal Frees what would else wait for the collector: hundreds of megabytes while a model is fetched and opened. */
export const freeNow = (buffer: ArrayBuffer & { transfer?(size: number): unknown }): unknown =>
  buffer.transfer?.(0);

/**
 * A dropped or picked file.
 *
 * @example const rows = await openNpyRows(blobFile(file), 512);
 */
export const blobFile = (blob: web.Blob): RandomAccess => ({
  size: async () => blob.size,
  async read(at, into) {
    // Not by the Blob's stream in `byob` mode: Chromium 156 now and then never answers a read of that.
    const part = new Uint8Array(await blob.slice(at, at + into.length).arrayBuffer());
    const { length } = part;
    into.set(part);
    freeNow(part.buffer);
    return length;
  },
});

/**
 * Reads until `into` is full, or until nothing more comes.
 *
 * @internal
 * @param read reads some bytes from `at` on; resolves to how many, 0 at the end
 * @returns bytes read
 */
export async function readFull(
  read: (at: number, into: Uint8Array) => Promise<number>,
  at: number,
  into: Uint8Array,
): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const count = await read(at + done, into.subarray(done));
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** @internal Reads exactly `length` bytes; `undefined` where the file ends before. */
export async function readExactly(
  file: RandomAccess,
  at: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(length);
  return (await file.read(at, bytes)) === length ? bytes : undefined;
}

/** @internal Fills `into` from byte `at`. @throws LikenessError `code` where the file ends before */
export async function fill(
  file: RandomAccess,
  at: number,
  into: Uint8Array,
  code: ErrorCode = 'bad-file',
): Promise<void> {
  if ((await file.read(at, into)) === into.length) return;
  throw new LikenessError(code, `The file ends before byte ${at + into.length}: it was cut short.`);
}

/** @internal `length` bytes from `at` on, as {@link fill} reads them. */
export async function readBytes(
  file: RandomAccess,
  at: number,
  length: number,
  code?: ErrorCode,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await fill(file, at, bytes, code);
  return bytes;
}
