import kernelBytes from '#wasm/checksum.simd.wasm';

interface Kernel {
  makeTables(tables: number): void;
  crc32(tables: number, bytes: number, byteLength: number, before: number, work: number): number;
  crc32Rows(tables: number, bytes: number, rowBytes: number, rows: number, work: number, out: number): void;
}

/** 16 × 256 words; word b of table k is what byte b does to the remainder k bytes further on. */
const table: Int32Array<ArrayBuffer> = new Int32Array(16 * 256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  table[byte] = remainder;
}
for (let at = 256; at < table.length; at++) {
  const before = table[at - 256]!;
  table[at] = (before >>> 8) ^ table[before & 255]!;
}

/** The kernel's memory: tables, zeros, room to work in, the bytes of a chunk, their rows' checksums. */
const workAt = (16 << 10) + 512;
const chunkBytes = 64 << 10;
const bytesAt = workAt + chunkBytes + 1024;
const checksumsAt = bytesAt + chunkBytes + 16;
const maxRows = 1024;
const pages = 3;
/** From here on the kernel is less to load than what it saves; once it is there, its tables do for all. */
const worthLoading = 1 << 10;

let kernel: (Kernel & { memory: Uint8Array; checksums: Uint32Array }) | 'none' | undefined;

/** Where WebAssembly SIMD is missing or forbidden, tables do. */
function loadKernel(): Exclude<typeof kernel, undefined> {
  try {
    const memory = new WebAssembly.Memory({ initial: pages });
    const module = new WebAssembly.Module(kernelBytes);
    const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
    exports.makeTables(0);
    const checksums = new Uint32Array(memory.buffer, checksumsAt, maxRows);
    return { ...exports, memory: new Uint8Array(memory.buffer), checksums };
  } catch {
    return 'none';
  }
}

/**
 * CRC-32 as zlib, gzip and PNG have it (polynomial 0xEDB88320, reflected).
 *
 * @param before the checksum of what comes before these bytes
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  if (bytes.length >= worthLoading) kernel ??= loadKernel();
  if (!kernel || kernel === 'none') return crc32ByTables(bytes, before);
  let checksum = before;
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    const chunk = bytes.subarray(from, from + chunkBytes);
    kernel.memory.set(chunk, bytesAt);
    checksum = kernel.crc32(0, bytesAt, chunk.length, checksum, workAt);
  }
  return checksum >>> 0;
}

/**
 * The checksums of rows that lie one behind the other.
 *
 * @param into a value for each row
 */
export function crc32Rows(bytes: Uint8Array, rowBytes: number, into: Uint32Array): void {
  kernel ??= loadKernel();
  if (kernel === 'none' || rowBytes > chunkBytes / 2) {
    for (let row = 0; row < into.length; row++) {
      into[row] = crc32(bytes.subarray(row * rowBytes, (row + 1) * rowBytes));
    }
    return;
  }
  const perChunk = Math.min(maxRows, Math.floor(chunkBytes / rowBytes));
  for (let first = 0; first < into.length; first += perChunk) {
    const rows = Math.min(perChunk, into.length - first);
    kernel.memory.set(bytes.subarray(first * rowBytes, (first + rows) * rowBytes), bytesAt);
    kernel.crc32Rows(0, bytesAt, rowBytes, rows, workAt, checksumsAt);
    into.set(kernel.checksums.subarray(0, rows), first);
  }
}

/** The same in plain JavaScript, sixteen bytes a step. */
export function crc32ByTables(bytes: Uint8Array, before = 0): number {
  let c = ~before;
  let at = 0;
  const { length } = bytes;
  if (bytes.byteOffset % 4 === 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, length >> 2);
    const end = (length >> 4) << 2;
    for (let w = 0; w < end; w += 4) {
      const p = words[w]! ^ c;
      const q = words[w + 1]!;
      const r = words[w + 2]!;
      const s = words[w + 3]!;
      c =
        table[3840 + (p & 255)]! ^
        table[3584 + ((p >>> 8) & 255)]! ^
        table[3328 + ((p >>> 16) & 255)]! ^
        table[3072 + (p >>> 24)]! ^
        table[2816 + (q & 255)]! ^
        table[2560 + ((q >>> 8) & 255)]! ^
        table[2304 + ((q >>> 16) & 255)]! ^
        table[2048 + (q >>> 24)]! ^
        table[1792 + (r & 255)]! ^
        table[1536 + ((r >>> 8) & 255)]! ^
        table[1280 + ((r >>> 16) & 255)]! ^
        table[1024 + (r >>> 24)]! ^
        table[768 + (s & 255)]! ^
        table[512 + ((s >>> 8) & 255)]! ^
        table[256 + ((s >>> 16) & 255)]! ^
        table[s >>> 24]!;
    }
    at = end * 4;
  }
  for (; at < length; at++) c = (c >>> 8) ^ table[(c ^ bytes[at]!) & 255]!;
  return ~c >>> 0;
}
