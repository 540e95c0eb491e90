// CRC-32 as zlib has it (polynomial P = 0xEDB88320, reflected). Tables take sixteen bytes a step, and each step waits for
// the one before. So the bulk goes another way: with y = x⁸, a byte further on,
//   1 + y¹⁸¹ + y¹⁹⁹ + y²⁵⁵ + y²⁶³ + y²⁷⁴ ≡ 0 (mod P, in negative powers),
// and a byte may be moved to those five places behind it without changing the remainder. What is left are the last
// 274 bytes and up to 15 more. Found by trying all sets of five from 160 on: fewer places lie much further off, and where
// they lie nearer a step reads what the steps just before it have not yet written to the cache.
// test/unit/base/crc32.test.ts compares all lengths with the definition.

/** Bytes of the tables: 16 × 256 words. */
const tableBytes: usize = 16 << 10;
/** How far the last place lies behind. */
const span: usize = 274;
/** How far behind its beginning steps over what is left read what was moved. */
const reach: usize = 2 * span - 181 + 16;

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

/**
 * Sixteen bytes of a message with what was moved to them.
 *
 * @param moved {@link span} before where these sixteen are, or would be, after moving
 */
function gathered(bytes: usize, moved: usize): v128 {
  const a = v128.xor(v128.load(moved), v128.load(moved, span - 263));
  const b = v128.xor(v128.load(moved, span - 255), v128.load(moved, span - 199));
  return v128.xor(v128.xor(a, b), v128.xor(v128.load(bytes), v128.load(moved, span - 181)));
}

/** What the lowest byte of `bits` does to the remainder `table` bytes further on. */
function at(tables: usize, table: usize, bits: u64): u32 {
  return load<u32>(tables + (table << 10) + ((<usize>bits & 255) << 2));
}

/**
 * @param bytes `byteLength` of them, and 15 more that may be anything
 * @param before the checksum of what comes before these bytes
 * @param work room for `byteLength` bytes and 384 more; before it lie 288 zeros
 */
export function crc32(tables: usize, bytes: usize, byteLength: usize, before: u32, work: usize): u32 {
  let c = ~before;
  const end = bytes + byteLength;
  let moved = work - span;
  if (byteLength >= 2 * span) {
    const last = moved + ((byteLength - span) & ~15);
    v128.store(work, v128.xor(v128.load(bytes), i32x4(c, 0, 0, 0)));
    c = 0;
    for (moved += 16, bytes += 16; moved < last; moved += 16, bytes += 16) {
      v128.store(moved, gathered(bytes, moved), span);
    }
  }
  // Nothing is moved from the bytes that are left.
  for (let p = moved + span; p < moved + span + reach; p += 16) v128.store(p, i32x4.splat(0));
  for (; bytes + 16 <= end; bytes += 16, moved += 16) {
    const sixteen = gathered(bytes, moved);
    const first = v128.extract_lane<u64>(sixteen, 0);
    const second = v128.extract_lane<u64>(sixteen, 1);
    // Only four of the sixteen wait for the step before.
    const four = <u32>first ^ c;
    const others =
      at(tables, 11, first >>> 32) ^
      at(tables, 10, first >>> 40) ^
      at(tables, 9, first >>> 48) ^
      at(tables, 8, first >>> 56) ^
      at(tables, 7, second) ^
      at(tables, 6, second >>> 8) ^
      at(tables, 5, second >>> 16) ^
      at(tables, 4, second >>> 24) ^
      at(tables, 3, second >>> 32) ^
      at(tables, 2, second >>> 40) ^
      at(tables, 1, second >>> 48) ^
      at(tables, 0, second >>> 56);
    c =
      others ^
      (at(tables, 15, four) ^
        at(tables, 14, four >>> 8) ^
        (at(tables, 13, four >>> 16) ^ at(tables, 12, four >>> 24)));
  }
  v128.store(work, gathered(bytes, moved));
  for (let p = work; bytes < end; bytes++, p++) {
    c = (c >>> 8) ^ at(tables, 0, c ^ load<u8>(p));
  }
  return ~c;
}

/**
 * The checksums of rows of equal length.
 *
 * @param bytes `rows` × `rowBytes` of them
 * @param work as for {@link crc32}
 * @param out Uint32 for each row
 */
export function crc32Rows(
  tables: usize,
  bytes: usize,
  rowBytes: usize,
  rows: usize,
  work: usize,
  out: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    store<u32>(out + (row << 2), crc32(tables, bytes + row * rowBytes, rowBytes, 0, work));
  }
}
