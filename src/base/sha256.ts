import { createSHA256 } from 'hash-wasm';
import { hexOf } from './bytes.ts';

/**
 * SHA-256 as lower-case hexadecimal. By the platform's own, which pages have that come by https or from localhost; else
 * by WebAssembly.
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const { subtle } = crypto;
  if (!subtle) return (await createSHA256()).init().update(bytes).digest('hex');
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as BufferSource));
  return hexOf(digest);
}
