import { crc32 } from '../../base/crc32.ts';
import { LikenessError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { checksumOf } from './block.ts';
import type { PlacedEntry } from './entries.ts';
import type { StoredFile } from './files.ts';
import {
  checkpointAt,
  checksumOfHeader,
  encodeCheckpoint,
  encodeHeader,
  type Header,
  headerBytes,
} from './header.ts';
import { chunkBytes } from './log.ts';
import { encodeRecords, type IndexRecord, putRecord } from './records.ts';
import { encodeCommit, encodeHead, paddingAfter, segmentLayout } from './segment.ts';

/** Rows that lie one behind the other. */
interface Run {
  /** Among the entries. */
  first: number;
  count: number;
  at: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Reads that are under way at once. */
const maxRuns = 64;

/**
 * The rows of entries in blocks, each checked against its checksum.
 *
 * @param current gives the file. It is called for each block: between two blocks, another handle may take its place
 */
export async function* checkedRows(
  current: () => StoredFile,
  entries: readonly PlacedEntry[],
  rowBytes: number,
  onDamage: (entry: PlacedEntry) => void,
): AsyncGenerator<{ first: number; bytes: Uint8Array<ArrayBuffer> }> {
  for (let first = 0; first < entries.length; ) {
    const file = current();
    const runs = runsFrom(first, entries, rowBytes, file.readsOverlap ? maxRuns : 1);
    await Promise.all(runs.map(({ at, bytes }) => file.read(at, bytes)));
    for (const run of runs) {
      for (let n = 0; n < run.count; n++) {
        const entry = entries[run.first + n]!;
        const row = run.bytes.subarray(n * rowBytes, (n + 1) * rowBytes);
        if (crc32(row) === entry.checksum) continue;
        // Damage removes a picture from the index. A read may fail without an error: so the row is read once more.
        await file.read(run.at + n * rowBytes, row);
        if (crc32(row) !== entry.checksum) onDamage(entry);
      }
      yield { first: run.first, bytes: run.bytes };
      first += run.count;
    }
  }
}

/** Up to `max` runs of up to {@link chunkBytes} in all. */
function runsFrom(from: number, entries: readonly PlacedEntry[], rowBytes: number, max: number): Run[] {
  const runs: Run[] = [];
  let left = Math.max(1, Math.floor(chunkBytes / rowBytes));
  for (let first = from; first < entries.length && left > 0 && runs.length < max; ) {
    const { at } = entries[first]!;
    let count = 1;
    while (count < left && entries[first + count]?.at === at + count * rowBytes) count++;
    runs.push({ first, count, at, bytes: new Uint8Array(count * rowBytes) });
    first += count;
    left -= count;
  }
  return runs;
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
}

/** @param header of the file to write @param rows the bytes of all rows, in the order of the entries */
export function snapshot(
  header: Omit<Header, 'synced'>,
  entries: readonly PlacedEntry[],
  settings: ReadonlyMap<string, Json>,
  rows: AsyncIterable<{ bytes: Uint8Array }>,
): Snapshot {
  const records: IndexRecord[] = [];
  for (const [set, value] of settings) records.push({ set, value });
  for (const entry of entries) records.push(putRecord(entry));
  const json = encodeRecords(records);
  const checksums = Uint32Array.from(entries, ({ checksum }) => checksum);
  const shape = { sequence: 1, rows: entries.length, recordBytes: json.length, previousChecksum: 0 };
  const layout = segmentLayout(shape, header.dimension);
  const byteLength = headerBytes + layout.byteLength;

  const headerBlock = encodeHeader({ ...header, synced: byteLength });
  const head = encodeHead({ ...shape, previousChecksum: checksumOfHeader(headerBlock) });
  const table = [new Uint8Array(checksums.buffer), json];
  const tableCrc = table.reduce((before, part) => crc32(part, before), 0);
  const commit = encodeCommit(1, tableCrc, checksumOf(head));
  const checkpoint = encodeCheckpoint({ sequence: 1, end: byteLength, checksum: checksumOf(commit) });
  headerBlock.set(checkpoint, checkpointAt);

  async function* body(): AsyncGenerator<Uint8Array> {
    yield head;
    for await (const { bytes } of rows) yield bytes;
    yield paddingAfter(4 * entries.length * header.dimension);
    yield* table;
    yield paddingAfter(layout.tableBytes);
    yield commit;
  }
  return { header: headerBlock, body: body(), byteLength };
}
