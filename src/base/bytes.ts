/** Bytes of parts that belong one behind the other. */
export const totalLength = (parts: readonly Uint8Array[]): number =>
  parts.reduce((sum, { length }) => sum + length, 0);

/** Copies parts into `into`, one behind the other from `at` on. Returns `into`. */
export function copyParts<Into extends Uint8Array>(parts: readonly Uint8Array[], into: Into, at = 0): Into {
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
  return into;
}

export const joined = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  copyParts(parts, new Uint8Array(totalLength(parts)));

export const viewOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** The bytes of an array of numbers, not copied. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Bytes `from` … `to` − 1 as text, a character a byte. */
export const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

/** Lower-case hexadecimal. */
export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
