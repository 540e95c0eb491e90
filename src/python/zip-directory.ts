import { viewOf } from '../base/bytes.ts';
import { LikenessError } from '../base/errors.ts';
import { type RandomAccess, readBytes } from '../base/random-access.ts';

/** A file of a ZIP archive, as the archive's directory describes it. */
export interface ZipEntry {
  name: string;
  /** 0 = stored as it is, 8 = deflated. */
  method: number;
  encrypted: boolean;
  /** CRC-32 of its bytes. */
  checksum: number;
  /** Bytes in the archive. */
  packedBytes: number;
  byteLength: number;
  /** Where its local header begins. */
  at: number;
}

/** What is wrong with an archive; says which array where it is about one. */
export const badZip = (what: string): LikenessError =>
  new LikenessError('bad-file', `This zip archive ${what}`);

const endMagic = 0x06054b50; // PK\5\6
const end64LocatorMagic = 0x07064b50; // PK\6\7
const end64Magic = 0x06064b50; // PK\6\6
const directoryMagic = 0x02014b50; // PK\1\2
const endBytes = 22;
const locatorBytes = 20;
const end64Bytes = 56;
const entryBytes = 46;
/** A comment follows the end of the directory. */
const longestComment = 65535;
/** A directory longer than this (half a million arrays) is none. */
const largestDirectory = 64 << 20;
const zip64Extra = 1;

/**
 * Reads the directory of a ZIP archive, ZIP64 or not (APPNOTE.TXT 4.3). Of two entries of one name the last counts.
 *
 * @throws LikenessError `bad-file` where the archive is truncated or damaged
 */
export async function readZipDirectory(file: RandomAccess): Promise<ZipEntry[]> {
  const place = await findDirectory(file);
  if (place.at + place.byteLength > place.end || place.byteLength > largestDirectory) {
    throw badZip('is damaged: its directory does not lie where its end says.');
  }
  const bytes = await readBytes(file, place.at, place.byteLength);
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let n = 0; n < place.entries; n++) {
    if (at + entryBytes > bytes.length || view.getUint32(at, true) !== directoryMagic) {
      throw badZip(`is damaged: entry ${n + 1} of ${place.entries} of its directory cannot be read.`);
    }
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const next = at + entryBytes + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (next > bytes.length) throw badZip('is damaged: its directory ends within an entry.');
    const name = new TextDecoder().decode(bytes.subarray(at + entryBytes, at + entryBytes + nameBytes));
    const extra = bytes.subarray(at + entryBytes + nameBytes, at + entryBytes + nameBytes + extraBytes);
    const [byteLength, packedBytes, localAt] = sizesOf(view, at, extra, name);
    entries.delete(name);
    entries.set(name, {
      name,
      method: view.getUint16(at + 10, true),
      encrypted: (view.getUint16(at + 8, true) & 1) !== 0,
      checksum: view.getUint32(at + 16, true),
      packedBytes,
      byteLength,
      at: localAt,
    });
    at = next;
  }
  return [...entries.values()];
}

/** The directory's place, as the end of the archive tells it; `end` is where what follows it begins. */
async function findDirectory(
  file: RandomAccess,
): Promise<{ at: number; byteLength: number; entries: number; end: number }> {
  const size = await file.size();
  const tailAt = Math.max(0, size - endBytes - longestComment - locatorBytes);
  const tail = await readBytes(file, tailAt, size - tailAt);
  const view = viewOf(tail);
  let at = tail.length - endBytes;
  const isEnd = (): boolean =>
    view.getUint32(at, true) === endMagic && at + endBytes + view.getUint16(at + 20, true) === tail.length;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0) throw badZip('is truncated or damaged: an archive’s directory is missing at its end.');
  const place = {
    entries: view.getUint16(at + 10, true),
    byteLength: view.getUint32(at + 12, true),
    at: view.getUint32(at + 16, true),
    end: tailAt + at,
  };
  const locator = at - locatorBytes;
  if (locator < 0 || view.getUint32(locator, true) !== end64LocatorMagic) return place;
  const end64At = toNumber(view.getBigUint64(locator + 8, true));
  if (end64At + end64Bytes > tailAt + locator) {
    throw badZip('is damaged: its ZIP64 directory does not lie where its end says.');
  }
  const end64 = viewOf(await readBytes(file, end64At, end64Bytes));
  if (end64.getUint32(0, true) !== end64Magic) {
    throw badZip('is damaged: its ZIP64 directory cannot be read.');
  }
  return {
    entries: toNumber(end64.getBigUint64(32, true)),
    byteLength: toNumber(end64.getBigUint64(40, true)),
    at: toNumber(end64.getBigUint64(48, true)),
    end: end64At,
  };
}

/** Size, packed size and place of an entry: in the ZIP64 extra field where 32 bits are all ones. */
function sizesOf(
  view: DataView,
  at: number,
  extra: Uint8Array,
  name: string,
): [byteLength: number, packedBytes: number, localAt: number] {
  const fields: [number, number, number] = [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ];
  if (!fields.includes(0xffffffff)) return fields;
  const extraView = viewOf(extra);
  for (let field = 0; field + 4 <= extra.length; ) {
    const length = extraView.getUint16(field + 2, true);
    const end = field + 4 + length;
    if (extraView.getUint16(field, true) === zip64Extra && end <= extra.length) {
      let value = field + 4;
      // Only those that are all ones are there, in this order.
      return fields.map((short) => {
        if (short !== 0xffffffff) return short;
        if (value + 8 > end) throw badZip(`is damaged: the ZIP64 sizes of ${name} are missing.`);
        value += 8;
        return toNumber(extraView.getBigUint64(value - 8, true));
      }) as typeof fields;
    }
    field = end;
  }
  return fields; // of exactly 2³² − 1 bytes
}

function toNumber(value: bigint): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw badZip(`is damaged: it claims ${value} bytes.`);
}
