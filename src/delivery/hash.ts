import { createSHA256 } from 'hash-wasm';
import type { StoredBytes } from './cache.ts';

/** A sha256 of bytes that come one after another: the browser's own only takes them all at once. */
export interface Hash {
  update(bytes: Uint8Array): void;
  /** Lower-case hexadecimal. Ends the hash. */
  digest(): string;
}

export async function createHash(): Promise<Hash> {
  const hash = await createSHA256();
  hash.init();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest('hex'),
  };
}

/** Bytes of a Blob that are in memory at a time. */
const sliceBytes = 4 * 2 ** 20;

/** The bytes of a Blob, a slice at a time. */
export async function* slices(blob: StoredBytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < blob.size; at += sliceBytes) {
    yield new Uint8Array(await blob.slice(at, at + sliceBytes).arrayBuffer());
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
