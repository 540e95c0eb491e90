/** Bytes `from` … `to` − 1 as text, a character a byte. */
export const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));
