import kernelBytes from '#wasm/checksum.simd.wasm';

interface ChecksumKernel {
  makeTables(tables: number): void;
  crc32(tables: number, bytes: number, byteLength: number, before: number, work: number): number;
  crc32Rows(tables: number, bytes: number, rowBytes: number, rows: number, work: number, out: number): void;
}

/** What a byte does to the remainder. */
export const crcTable: Int32Array<ArrayBuffer> = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  return remainder;
});

/** The kernel's memory: tables, zeros, room to work in, the bytes of a chunk, their rows' checksums. */
const workAt = (16 << 10) + 512;
const chunkBytes = 64 << 10;
const bytesAt = workAt + chunkBytes + 1024;
const checksumsAt = bytesAt + chunkBytes + 16;
const maxRows = 1024;
const pages = 3;
/** From here on the kernel is less to load than what it saves; once it is there, it does all. */
const worthLoading = 1 << 10;

let kernel: (ChecksumKernel & { memory: Uint8Array; checksums: Uint32Array }) | 'none' | undefined;

/** Where WebAssembly SIMD is missing or forbidden, the table does. */
function loadKernel(): Exclude<typeof kernel, undefined> {
  try {
    const memory = new WebAssembly.Memory({ initial: pages });
    const module = new WebAssembly.Module(kernelBytes);
    const exports = new WebAssembly.Instance(module, { env: { memory } })
      .exports as unknown as ChecksumKernel;
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
  if (!kernel || kernel === 'none') return crc32ByTable(bytes, before);
  let checksum = before;
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    const chunk = bytes.subarray(from, from + chunkBytes);
    kernel.memory.set(chunk, bytesAt);
    checksum = kernel.crc32(0, bytesAt, chunk.length, checksum, workAt);
  }
  return checksum >>> 0;
}

/** The checksums of rows that lie one behind the other. @param into a value for each row */
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

/** The same in plain JavaScript: for few bytes, and what the kernel is compared with. */
export function crc32ByTable(bytes: Uint8Array, before = 0): number {
  let c = ~before;
  for (const byte of bytes) c = (c >>> 8) ^ crcTable[(c ^ byte) & 255]!;
  return ~c >>> 0;
}
