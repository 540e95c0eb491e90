/** tables[k][b]: what byte b does to the remainder k bytes further on. */
const tables = Array.from({ length: 16 }, () => new Uint32Array(256));
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  tables[0]![byte] = remainder;
}
for (let k = 1; k < 16; k++) {
  for (let byte = 0; byte < 256; byte++) {
    const before = tables[k - 1]![byte]!;
    tables[k]![byte] = (before >>> 8) ^ tables[0]![before & 255]!;
  }
}
type Table = Uint32Array;
const [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15] = tables as [
  ...[Table, Table, Table, Table, Table, Table, Table, Table],
  ...[Table, Table, Table, Table, Table, Table, Table, Table],
];

/**
 * CRC-32 as zlib, gzip and PNG have it (polynomial 0xEDB88320, reflected), sixteen bytes a step.
 *
 * @param before the checksum of what comes before these bytes
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  let c = ~before;
  let at = 0;
  const { length } = bytes;
  if (bytes.byteOffset % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, length >> 2);
    const end = (length >> 4) << 2;
    for (let w = 0; w < end; w += 4) {
      const p = words[w]! ^ c;
      const q = words[w + 1]!;
      const r = words[w + 2]!;
      const s = words[w + 3]!;
      c =
        t15[p & 255]! ^
        t14[(p >>> 8) & 255]! ^
        t13[(p >>> 16) & 255]! ^
        t12[p >>> 24]! ^
        t11[q & 255]! ^
        t10[(q >>> 8) & 255]! ^
        t9[(q >>> 16) & 255]! ^
        t8[q >>> 24]! ^
        t7[r & 255]! ^
        t6[(r >>> 8) & 255]! ^
        t5[(r >>> 16) & 255]! ^
        t4[r >>> 24]! ^
        t3[s & 255]! ^
        t2[(s >>> 8) & 255]! ^
        t1[(s >>> 16) & 255]! ^
        t0[s >>> 24]!;
    }
    at = end * 4;
  }
  for (; at < length; at++) c = (c >>> 8) ^ t0[(c ^ bytes[at]!) & 255]!;
  return ~c >>> 0;
}
