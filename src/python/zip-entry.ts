import { Inflate } from 'fflate';
import { viewOf } from '../base/bytes.ts';
import { crc32 } from '../base/crc32.ts';
import { fill, type RandomAccess, readBytes } from '../base/random-access.ts';
import { badZip, type ZipEntry } from './zip-directory.ts';

export { readZipDirectory } from './zip-directory.ts';

/** Bytes of a stored entry that are passed over at once. */
const skippedBytes = 4 << 20;
/** Of a deflated one, unpacked at once. */
const packedChunkBytes = 1 << 14;
/** Deflate makes no more of a byte. */
const largestRatio = 1032;

const localMagic = 0x04034b50; // PK\3\4
const localBytes = 30;

const methods: Record<number, string> = {
  1: 'shrunk',
  6: 'imploded',
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  93: 'Zstandard',
  95: 'XZ',
  99: 'AES encryption',
};

/**
 * An entry of a ZIP archive as a file. Its last byte can be read only when all of it matches its checksum, in whatever
 * order it is read. A stored entry is read where it is wanted. A deflated one is unpacked up to there, from its beginning
 * where that lies behind; a few chunks of it are in memory.
 *
 * @param what it is called in messages: `the array "features"`
 * @throws LikenessError `bad-file`: encrypted, of another compression, damaged
 */
export async function openZipEntry(file: RandomAccess, entry: ZipEntry, what: string): Promise<RandomAccess> {
  if (entry.encrypted) throw badZip(`is encrypted: ${what} cannot be read without its password.`);
  if (entry.method !== 0 && entry.method !== 8) {
    const method = methods[entry.method] ?? `method ${entry.method}`;
    throw badZip(
      `has ${what} packed with ${method}; stored and deflated ones are read, as NumPy writes them.`,
    );
  }
  // Read as it is, nothing of it would be checked.
  if (entry.byteLength === 0) throw badZip(`is damaged: ${what} is empty, which no array is.`);
  if (entry.byteLength > largestRatio * entry.packedBytes) {
    throw badZip(`is damaged: ${what} cannot come to ${entry.byteLength} bytes from ${entry.packedBytes}.`);
  }
  if (entry.method === 0 && entry.packedBytes !== entry.byteLength) {
    throw badZip(
      `is damaged: ${what} is stored as it is, yet in ${entry.packedBytes} bytes of ${entry.byteLength}.`,
    );
  }
  const local = viewOf(await readBytes(file, entry.at, localBytes));
  if (local.getUint32(0, true) !== localMagic) {
    throw badZip(`is damaged: ${what} does not begin where the directory says.`);
  }
  const start = entry.at + localBytes + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + entry.packedBytes > (await file.size())) throw badZip(`is truncated: it ends within ${what}.`);
  return (entry.method === 0 ? storedEntry : deflatedEntry)(file, start, entry, what);
}

function checkSum(checksum: number, entry: ZipEntry, what: string): void {
  if (checksum === entry.checksum) return;
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  throw badZip(
    `is damaged: ${what} has the CRC-32 ${hex(checksum)}, its directory says ${hex(entry.checksum)}.`,
  );
}

function storedEntry(file: RandomAccess, start: number, entry: ZipEntry, what: string): RandomAccess {
  const { byteLength } = entry;
  /** How many bytes were read without a gap, and their checksum. */
  let checked = 0;
  let checksum = 0;
  /** @param bytes those that follow what was checked */
  const check = (bytes: Uint8Array): void => {
    const sum = crc32(bytes, checksum);
    if (checked + bytes.length === byteLength) checkSum(sum, entry, what);
    checked += bytes.length;
    checksum = sum;
  };
  return {
    size: async () => byteLength,
    async read(at, into) {
      const wanted = into.subarray(0, Math.max(0, byteLength - at));
      const before = Math.min(at, byteLength);
      while (checked < before) {
        check(await readBytes(file, start + checked, Math.min(skippedBytes, before - checked)));
      }
      await fill(file, start + at, wanted);
      if (at + wanted.length > checked) check(wanted.subarray(checked - at));
      return wanted.length;
    },
  };
}

function deflatedEntry(file: RandomAccess, start: number, entry: ZipEntry, what: string): RandomAccess {
  let chunks: AsyncGenerator<Uint8Array> | undefined;
  /** The last chunk that came, and where it begins. */
  let chunk: Uint8Array = new Uint8Array(0);
  let chunkAt = 0;
  return {
    size: async () => entry.byteLength,
    async read(at, into) {
      if (!chunks || at < chunkAt) {
        chunks = inflated(file, start, entry, what);
        chunk = new Uint8Array(0);
        chunkAt = 0;
      }
      let done = 0;
      for (;;) {
        const skipped = Math.min(at + done - chunkAt, chunk.length);
        const part = chunk.subarray(skipped, skipped + into.length - done);
        into.set(part, done);
        done += part.length;
        // The chunk is kept: the next read may want the rest of it, or what is before that, as for a header.
        if (done === into.length) return done;
        const next = await chunks.next().catch((error) => {
          chunks = undefined; // the next read begins again, and fails again
          throw error;
        });
        if (next.done) return done;
        chunkAt += chunk.length;
        chunk = next.value;
      }
    },
  };
}

/** All of a deflated entry, in order. The last part comes when all was found right. */
async function* inflated(
  file: RandomAccess,
  start: number,
  entry: ZipEntry,
  what: string,
): AsyncGenerator<Uint8Array> {
  const { packedBytes, byteLength } = entry;
  let parts: Uint8Array[] = [];
  const inflate = new Inflate((part) => {
    if (part.length > 0) parts.push(part);
  });
  let held: Uint8Array | undefined;
  let unpacked = 0;
  let checksum = 0;
  for (let from = 0; from < packedBytes && unpacked <= byteLength; from += packedChunkBytes) {
    const chunk = await readBytes(file, start + from, Math.min(packedChunkBytes, packedBytes - from));
    try {
      inflate.push(chunk, from + chunk.length === packedBytes);
    } catch (error) {
      throw badZip(`is damaged: ${what} cannot be unpacked (${(error as Error).message}).`);
    }
    for (const part of parts) {
      unpacked += part.length;
      if (unpacked > byteLength) break;
      checksum = crc32(part, checksum);
      if (held) yield held;
      held = part;
    }
    parts = [];
  }
  if (unpacked !== byteLength) {
    throw badZip(
      `is damaged: ${what} unpacks to ${unpacked > byteLength ? 'more' : unpacked} bytes, its directory says ${byteLength}.`,
    );
  }
  checkSum(checksum, entry, what);
  if (held) yield held;
}
