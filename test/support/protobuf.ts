import assert from 'node:assert/strict';

/** The fields of a Protocol Buffers message in order, by a walk over the wire format that knows nothing of our writer. */
export function fields(bytes: Uint8Array): { field: number; value: number | Uint8Array }[] {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const found: { field: number; value: number | Uint8Array }[] = [];
  while (at < bytes.length) {
    const key = varint();
    if (key % 8 === 0) found.push({ field: key >> 3, value: varint() });
    else {
      assert.equal(key % 8, 2);
      const length = varint();
      found.push({ field: key >> 3, value: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return found;
}

export const text = (value: number | Uint8Array): string => new TextDecoder().decode(value as Uint8Array);
