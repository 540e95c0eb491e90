import { LikenessError } from '../errors.ts';
import type { PlacedEntry } from './entries.ts';
import type { StoredFile } from './files.ts';
import {
  type Crc32,
  encodeHeader,
  encodeMark,
  type Header,
  headerBytes,
  markAt,
  sealOfHeader,
} from './header.ts';
import { chunkBytes, type Position } from './log.ts';
import { encodeRecords, type IndexRecord, type Json } from './records.ts';
import { encodeCommit, encodeHead, paddingAfter, sealOf, segmentLayout } from './segment.ts';

/** The rows of entries in blocks, each checked against its checksum. */
export async function* checkedRows(
  file: StoredFile,
  entries: readonly PlacedEntry[],
  rowBytes: number,
  crc32: Crc32,
  onDamage: (entry: PlacedEntry) => void,
): AsyncGenerator<{ first: number; bytes: Uint8Array<ArrayBuffer> }> {
  const perChunk = Math.max(1, Math.floor(chunkBytes / rowBytes));
  for (let first = 0; first < entries.length; ) {
    // As many as lie one behind the other.
    let count = 1;
    const { at } = entries[first]!;
    while (count < perChunk && entries[first + count]?.at === at + count * rowBytes) count++;
    const bytes = new Uint8Array(count * rowBytes);
    await file.read(at, bytes);
    for (let n = 0; n < count; n++) {
      const entry = entries[first + n]!;
      if (crc32(bytes.subarray(n * rowBytes, (n + 1) * rowBytes)) !== entry.checksum) onDamage(entry);
    }
    yield { first, bytes };
    first += count;
  }
}

export const damagedRow = (entry: PlacedEntry, name: string): LikenessError =>
  new LikenessError(
    'bad-file',
    `${name} is damaged: the features of "${entry.id}" at byte ${entry.at} do not match their checksum. Remove that picture and add it again.`,
  );

/** A whole index as one file: its header, then one segment, in parts. */
export interface Snapshot {
  header: Uint8Array<ArrayBuffer>;
  /** What follows the header; `rows` are read while this runs. */
  body: AsyncGenerator<Uint8Array>;
  /** Of the whole file. */
  byteLength: number;
  position: Position;
}

/**
 * @param header of the file to write
 * @param rows the bytes of all rows, in the order of the entries
 */
export function snapshot(
  header: Omit<Header, 'synced'>,
  entries: readonly PlacedEntry[],
  settings: ReadonlyMap<string, Json>,
  rows: AsyncIterable<{ bytes: Uint8Array }>,
  crc32: Crc32,
): Snapshot {
  const records: IndexRecord[] = [];
  for (const [set, value] of settings) records.push({ set, value });
  for (const { id, meta, hash } of entries) {
    records.push({
      put: id,
      ...(meta === undefined ? {} : { meta }),
      ...(hash === undefined ? {} : { hash }),
    });
  }
  const json = encodeRecords(records);
  const checksums = Uint32Array.from(entries, ({ checksum }) => checksum);
  const shape = { sequence: 1, rows: entries.length, recordBytes: json.length, chain: 0 };
  const layout = segmentLayout(shape, header.dimension);
  const byteLength = headerBytes + layout.byteLength;

  const headerBlock = encodeHeader({ ...header, synced: byteLength }, crc32);
  const head = encodeHead({ ...shape, chain: sealOfHeader(headerBlock) }, crc32);
  const table = [new Uint8Array(checksums.buffer), json];
  const tableCrc = table.reduce((before, part) => crc32(part, before), 0);
  const commit = encodeCommit(1, tableCrc, sealOf(head), crc32);
  const position: Position = { sequence: 1, end: byteLength, seal: sealOf(commit) };
  headerBlock.set(encodeMark(position, crc32), markAt);

  async function* body(): AsyncGenerator<Uint8Array> {
    yield head;
    for await (const { bytes } of rows) yield bytes;
    yield paddingAfter(4 * entries.length * header.dimension);
    yield* table;
    yield paddingAfter(layout.tableBytes);
    yield commit;
  }
  return { header: headerBlock, body: body(), byteLength, position };
}
