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
