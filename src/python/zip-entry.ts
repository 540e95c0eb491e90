import { Inflate } from 'fflate';
import { crc32 } from '../base/crc32.ts';
import type { RandomAccess } from '../base/random-access.ts';
import { badZip, readPart, viewOf, type ZipEntry } from './zip-directory.ts';

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
 * An entry of a ZIP archive as a file. It is checked against its checksum while it is passed over: whoever reads its
 * last byte, in whatever order, gets that only where all of it is right. A stored entry is read where it is wanted; a
 * deflated one is unpacked up to there, from its beginning where that lies behind, and only a few chunks are in memory.
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
  const local = viewOf(await readPart(file, entry.at, localBytes));
  if (local.getUint32(0, true) !== localMagic) {
    throw badZip(`is damaged: ${what} does not begin where the directory says.`);
  }
  const start = entry.at + localBytes + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + entry.packedBytes > (await file.size())) throw badZip(`is truncated: it ends within ${what}.`);
  return entry.method === 0
    ? new StoredEntry(file, start, entry, what)
    : new DeflatedEntry(file, start, entry, what);
}

function checkSum(checksum: number, entry: ZipEntry, what: string): void {
  if (checksum === entry.checksum) return;
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  throw badZip(
    `is damaged: ${what} has the CRC-32 ${hex(checksum)}, its directory says ${hex(entry.checksum)}.`,
  );
}

class StoredEntry implements RandomAccess {
  readonly #file: RandomAccess;
  readonly #start: number;
  readonly #entry: ZipEntry;
  readonly #what: string;
  /** As far as it was passed over without a gap, and the checksum of that. */
  #checked = 0;
  #checksum = 0;

  constructor(file: RandomAccess, start: number, entry: ZipEntry, what: string) {
    this.#file = file;
    this.#start = start;
    this.#entry = entry;
    this.#what = what;
  }

  async size(): Promise<number> {
    return this.#entry.byteLength;
  }

  async read(at: number, into: Uint8Array): Promise<number> {
    const length = Math.max(0, Math.min(into.length, this.#entry.byteLength - at));
    while (this.#checked < at && this.#checked < this.#entry.byteLength) {
      const bytes = Math.min(skippedBytes, Math.min(at, this.#entry.byteLength) - this.#checked);
      this.#check(await readPart(this.#file, this.#start + this.#checked, bytes));
    }
    const wanted = into.subarray(0, length);
    if ((await this.#file.read(this.#start + at, wanted)) !== length) {
      throw badZip(`became shorter while ${this.#what} was read.`);
    }
    if (at + length > this.#checked) this.#check(wanted.subarray(this.#checked - at));
    return length;
  }

  /** Takes the bytes that follow what was checked. */
  #check(bytes: Uint8Array): void {
    const checksum = crc32(bytes, this.#checksum);
    const checked = this.#checked + bytes.length;
    if (checked === this.#entry.byteLength) checkSum(checksum, this.#entry, this.#what);
    this.#checksum = checksum;
    this.#checked = checked;
  }
}

class DeflatedEntry implements RandomAccess {
  readonly #file: RandomAccess;
  readonly #start: number;
  readonly #entry: ZipEntry;
  readonly #what: string;
  /** What comes next, and where that is. */
  #chunks: AsyncGenerator<Uint8Array> | undefined;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(file: RandomAccess, start: number, entry: ZipEntry, what: string) {
    this.#file = file;
    this.#start = start;
    this.#entry = entry;
    this.#what = what;
  }

  async size(): Promise<number> {
    return this.#entry.byteLength;
  }

  async read(at: number, into: Uint8Array): Promise<number> {
    if (!this.#chunks || at < this.#at) {
      this.#chunks = this.#unpacked();
      this.#chunk = new Uint8Array(0);
      this.#at = 0;
    }
    let done = 0;
    while (done < into.length) {
      const skipped = Math.min(at + done - this.#at, this.#chunk.length);
      const part = this.#chunk.subarray(skipped, skipped + into.length - done);
      into.set(part, done);
      done += part.length;
      // The chunk stays while there is more in it, or something before it could be asked for at once: a header is.
      if (done === into.length) break;
      const next = await this.#next(this.#chunks);
      if (next.done) break;
      this.#at += this.#chunk.length;
      this.#chunk = next.value;
    }
    return done;
  }

  /** After a failure the next read begins again, and fails again. */
  async #next(chunks: AsyncGenerator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    try {
      return await chunks.next();
    } catch (error) {
      this.#chunks = undefined;
      throw error;
    }
  }

  /** All of it, in order; the last part comes when all was found right. */
  async *#unpacked(): AsyncGenerator<Uint8Array> {
    const { packedBytes, byteLength } = this.#entry;
    let parts: Uint8Array[] = [];
    const inflate = new Inflate((part) => {
      if (part.length > 0) parts.push(part);
    });
    let held: Uint8Array | undefined;
    let unpacked = 0;
    let checksum = 0;
    for (let from = 0; from < packedBytes; from += packedChunkBytes) {
      const chunk = await readPart(
        this.#file,
        this.#start + from,
        Math.min(packedChunkBytes, packedBytes - from),
      );
      try {
        inflate.push(chunk, from + chunk.length === packedBytes);
      } catch (error) {
        throw badZip(`is damaged: ${this.#what} cannot be unpacked (${(error as Error).message}).`);
      }
      for (const part of parts) {
        unpacked += part.length;
        if (unpacked > byteLength) break;
        checksum = crc32(part, checksum);
        if (held) yield held;
        held = part;
      }
      parts = [];
      if (unpacked > byteLength) break;
    }
    if (unpacked !== byteLength) {
      throw badZip(
        `is damaged: ${this.#what} unpacks to ${unpacked > byteLength ? 'more' : unpacked} bytes, its directory says ${byteLength}.`,
      );
    }
    checkSum(checksum, this.#entry, this.#what);
    if (held) yield held;
  }
}
