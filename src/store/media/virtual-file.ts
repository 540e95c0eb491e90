import { joined } from '../../base/bytes.ts';
import type { OpenFile } from '../../base/random-access.ts';
import type { PlacedEntry } from '../format/entries.ts';
import type { StoredFile } from '../format/files.ts';
import type { Snapshot } from '../format/snapshot.ts';

/** A picture, and the file that its row is in. */
export interface RowPlace {
  entry: PlacedEntry;
  file: StoredFile;
}

/**
 * A snapshot as a file. Its rows stay where they are and are read when they are asked for.
 *
 * @param whole made without rows
 * @param places of the rows, in the snapshot's order
 */
export async function virtualFile(
  whole: Snapshot,
  places: readonly RowPlace[],
  rowBytes: number,
): Promise<OpenFile> {
  const parts: Uint8Array[] = [];
  for await (const part of whole.body) parts.push(part);
  const front = joined([whole.header, parts[0]!]);
  const back = joined(parts.slice(1));
  const rowsEnd = front.length + places.length * rowBytes;

  /** @param from, to within the rows */
  async function readRows(from: number, to: number, into: Uint8Array): Promise<void> {
    for (let at = from; at < to; ) {
      let row = Math.floor(at / rowBytes);
      const { file, entry } = places[row]!;
      const begin = entry.at + (at % rowBytes);
      let end = Math.min((row + 1) * rowBytes, to);
      for (row++; end < to; row++) {
        const next = places[row]!;
        if (next.file !== file || next.entry.at !== begin + end - at) break;
        end = Math.min((row + 1) * rowBytes, to);
      }
      await file.read(begin, into.subarray(at - from, end - from));
      at = end;
    }
  }

  return {
    size: async () => whole.byteLength,
    async read(at, into) {
      const end = Math.min(at + into.length, whole.byteLength);
      copyPart(front, 0, at, into);
      copyPart(back, rowsEnd, at, into);
      const from = Math.max(at, front.length);
      const to = Math.min(end, rowsEnd);
      if (from < to) {
        await readRows(from - front.length, to - front.length, into.subarray(from - at, to - at));
      }
      return Math.max(end - at, 0);
    },
    close: async () => {},
  };
}

/** Copies the bytes of `part`, which is at `partAt` of a file, that fall into `into`, which is at `at`. */
function copyPart(part: Uint8Array, partAt: number, at: number, into: Uint8Array): void {
  const from = Math.max(at, partAt);
  const to = Math.min(at + into.length, partAt + part.length);
  if (from < to) into.set(part.subarray(from - partAt, to - partAt), from - at);
}
