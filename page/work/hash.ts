import { hexOf } from '../../src/base/bytes.ts';

/**
 * SHA-256 as the library writes it: lower-case hexadecimal. Pages by plain http have none of the platform's; the library's
 * WebAssembly for it is loaded there only.
 */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = crypto as { subtle?: SubtleCrypto };
  if (subtle) return hexOf(new Uint8Array(await subtle.digest('SHA-256', bytes)));
  return (await import('../../src/base/sha256.ts')).sha256(bytes);
}
