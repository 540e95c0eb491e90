import { createSHA256 } from 'hash-wasm';
import { blobFile, type RandomAccess } from '../base/random-access.ts';
import type { StoredBytes } from './cache.ts';

/** A sha256 of bytes that come one after another: the browser's own only takes them all at once. */
export interface Hash {
  update(bytes: Uint8Array): unknown;
  /** Lower-case hexadecimal. Ends the hash. */
  digest(): string;
}

export const createHash = async (): Promise<Hash> => (await createSHA256()).init();

/** Bytes that are in memory at a time. */
const sliceBytes = 4 * 2 ** 20;

export const fileOf = (stored: StoredBytes): RandomAccess => ('read' in stored ? stored : blobFile(stored));

/** What is stored, a slice at a time, as far as it went when this began. A slice is valid until the next. */
export async function* slices(stored: StoredBytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const file = fileOf(stored);
  const size = await file.size();
  const buffer = new Uint8Array(Math.min(sliceBytes, size));
  for (let at = 0; at < size; at += sliceBytes) {
    const slice = buffer.subarray(0, Math.min(sliceBytes, size - at));
    yield slice.subarray(0, await file.read(at, slice));
  }
}

/** Lower-case hexadecimal sha256 of a Blob, of which a slice is in memory at a time. */
export async function blobSha256(blob: Blob, onBytes: (count: number) => void = () => {}): Promise<string> {
  const hash = await createHash();
  for await (const bytes of slices(blob)) {
    hash.update(bytes);
    onBytes(bytes.length);
  }
  return hash.digest();
}
