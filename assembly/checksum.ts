// CRC-32 as zlib has it (polynomial P = 0xEDB88320, reflected). Tables take sixteen bytes a step and wait for each other;
// so the bulk goes another way: with y = x¹²⁸, sixteen bytes further on,
//   1 + y⁵ + y⁷ + y¹⁶ + y²² + y²⁸ + y³⁸ + y⁴⁴ + y⁴⁹ + y⁵⁶ ≡ 0 (mod P, in negative powers),
// and sixteen bytes may be moved to those nine places behind them without changing the remainder. What is left are the
// last 56 · 16 bytes. test/unit/crc32.test.ts compares all lengths with the tables.

/** Bytes of the tables: 16 × 256 words. */
const tableBytes: usize = 16 << 10;
/** Bytes of the last place that sixteen bytes are moved to. */
const span: usize = 56 << 4;

/**
 * Makes the tables: word b of table k is what byte b does to the remainder k bytes further on.
 *
 * @param tables 16 KiB
 */
export function makeTables(tables: usize): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
    store<u32>(tables + ((<usize>byte) << 2), remainder);
  }
  for (let at: usize = 1024; at < tableBytes; at += 4) {
    const before = load<u32>(tables + at - 1024);
    store<u32>(tables + at, (before >>> 8) ^ load<u32>(tables + ((<usize>(before & 255)) << 2)));
  }
}

/** Adds what was `distance` bytes before `end` to the bytes from there on, as far as that was before `end`. */
function addFrom(end: usize, distance: usize): void {
  for (let to = end; to < end + distance; to += 16) {
    v128.store(to, v128.xor(v128.load(to), v128.load(to - distance)));
  }
}

/** The sixteen bytes at `p` + {@link span} with those that are moved there. */
function gathered(p: usize): v128 {
  const a = v128.xor(v128.load(p, (56 - 5) << 4), v128.load(p, (56 - 7) << 4));
  const b = v128.xor(v128.load(p, (56 - 16) << 4), v128.load(p, (56 - 22) << 4));
  const c = v128.xor(v128.load(p, (56 - 28) << 4), v128.load(p, (56 - 38) << 4));
  const d = v128.xor(v128.load(p, (56 - 44) << 4), v128.load(p, (56 - 49) << 4));
  const e = v128.xor(v128.load(p), v128.load(p, 56 << 4));
  return v128.xor(v128.xor(v128.xor(b, c), v128.xor(d, e)), a);
}

/**
 * @param bytes `byteLength` of them, which are spoilt; before them lie 896 zeros
 * @param before the checksum of what comes before these bytes
 */
export function crc32(tables: usize, bytes: usize, byteLength: usize, before: u32): u32 {
  let c = ~before;
  const end = bytes + byteLength;
  if (byteLength >= 2 * span) {
    const last = bytes + ((byteLength - span) & ~15);
    store<u32>(bytes, load<u32>(bytes) ^ c);
    c = 0;
    for (let p = bytes - span; p < last - span; p += 16) v128.store(p, gathered(p), span);
    addFrom(last, 5 << 4);
    addFrom(last, 7 << 4);
    addFrom(last, 16 << 4);
    addFrom(last, 22 << 4);
    addFrom(last, 28 << 4);
    addFrom(last, 38 << 4);
    addFrom(last, 44 << 4);
    addFrom(last, 49 << 4);
    addFrom(last, 56 << 4);
    bytes = last;
  }
  for (; bytes + 16 <= end; bytes += 16) {
    const first = load<u64>(bytes) ^ c;
    const second = load<u64>(bytes, 8);
    c =
      load<u32>(tables + ((<usize>((first >>> 0) & 255)) << 2), 15 << 10) ^
      load<u32>(tables + ((<usize>((first >>> 8) & 255)) << 2), 14 << 10) ^
      load<u32>(tables + ((<usize>((first >>> 16) & 255)) << 2), 13 << 10) ^
      load<u32>(tables + ((<usize>((first >>> 24) & 255)) << 2), 12 << 10) ^
      load<u32>(tables + ((<usize>((first >>> 32) & 255)) << 2), 11 << 10) ^
      load<u32>(tables + ((<usize>((first >>> 40) & 255)) << 2), 10 << 10) ^
      load<u32>(tables + ((<usize>((first >>> 48) & 255)) << 2), 9 << 10) ^
      load<u32>(tables + ((<usize>((first >>> 56) & 255)) << 2), 8 << 10) ^
      load<u32>(tables + ((<usize>((second >>> 0) & 255)) << 2), 7 << 10) ^
      load<u32>(tables + ((<usize>((second >>> 8) & 255)) << 2), 6 << 10) ^
      load<u32>(tables + ((<usize>((second >>> 16) & 255)) << 2), 5 << 10) ^
      load<u32>(tables + ((<usize>((second >>> 24) & 255)) << 2), 4 << 10) ^
      load<u32>(tables + ((<usize>((second >>> 32) & 255)) << 2), 3 << 10) ^
      load<u32>(tables + ((<usize>((second >>> 40) & 255)) << 2), 2 << 10) ^
      load<u32>(tables + ((<usize>((second >>> 48) & 255)) << 2), 1 << 10) ^
      load<u32>(tables + ((<usize>((second >>> 56) & 255)) << 2), 0 << 10);
  }
  for (; bytes < end; bytes++) {
    c = (c >>> 8) ^ load<u32>(tables + ((<usize>((c ^ load<u8>(bytes)) & 255)) << 2));
  }
  return ~c;
}

/**
 * The checksums of rows of equal length.
 *
 * @param bytes `rows` × `rowBytes` of them
 * @param scratch room for a row; before it lie 896 zeros
 * @param out Uint32 for each row
 */
export function crc32Rows(
  tables: usize,
  bytes: usize,
  rowBytes: usize,
  rows: usize,
  scratch: usize,
  out: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    memory.copy(scratch, bytes + row * rowBytes, rowBytes);
    store<u32>(out + (row << 2), crc32(tables, scratch, rowBytes, 0));
  }
}
