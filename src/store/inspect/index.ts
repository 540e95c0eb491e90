import { LikenessError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import type { OpenFile } from '../../base/random-access.ts';
import type { PlacedEntry } from '../format/entries.ts';
import type { Store, StoredFile } from '../format/files.ts';
import { fileName, generations } from '../format/generations.ts';
import type { Header, IndexInfo } from '../format/header.ts';
import { checkedRows, type Snapshot, snapshot } from '../format/snapshot.ts';
import { SingleFileStore } from '../media/store.single.ts';
import { type RowPlace, virtualFile } from '../media/virtual-file.ts';
import { type Counts, type Inspection, inspectFile, type Problem } from './file.ts';

/** An index after a look at every byte. Its files stay open until it is closed. */
export interface InspectedIndex extends Counts {
  /** The file that counts. */
  fileName: string;
  header: Header;
  settings: ReadonlyMap<string, Json>;
  /** The pictures whose features are whole, in the order of adding. */
  entries: PlacedEntry[];
  /** Pictures that have to be done without. */
  lost: string[];
  problems: Problem[];
  /** Files of the index beside it that are of no use: a compaction left them. */
  leftovers: string[];
  /** All that is whole, as the file of a generation. */
  snapshot(generation: number): Snapshot;
  /** All that is whole, as a store that can be read: nothing is copied. Closing what is opened of it closes the files. */
  asStore(name: string): Store;
  close(): Promise<void>;
}

interface InspectedFile {
  name: string;
  file: StoredFile;
  inspection: Inspection;
}

/**
 * Reads every byte of an index and keeps what its checksums prove. Where the newest file has lost something that an
 * older one beside it still holds, it is taken from there.
 *
 * @param info what it holds, where its header does not tell any more
 * @throws LikenessError `not-found`, `bad-file` where nothing of it can be kept, `newer-format`
 */
export async function inspectIndex(store: Store, info?: IndexInfo): Promise<InspectedIndex> {
  const { files, leftovers, damage } = await inspectFiles(store, info);
  const [newest, ...older] = files;
  if (!newest) throw damage ?? new LikenessError('not-found', `There is no index in ${store.name}.`);
  const { header, problems, successor, hasBeginning, byteLength, commits, unusedRows } = newest.inspection;
  if (damage) {
    problems.unshift({ kind: 'commit', message: damage.message });
  } else if (successor !== undefined) {
    const message = `${newest.name} was replaced by ${fileName(successor)}, which is not there: what was changed since is lost.`;
    problems.unshift({ kind: 'commit', message });
  }
  const places = keep(newest, older);
  const before = hasBeginning ? [] : (older[0]?.inspection.settings ?? []);
  const settings: ReadonlyMap<string, Json> = new Map([...before, ...newest.inspection.settings]);
  const entries = places.map(({ entry }) => entry);
  const there = new Set(entries.map(({ id }) => id));
  const rowBytes = 4 * header.dimension;
  const close = async (): Promise<void> => {
    for (const { file } of files.splice(0)) await file.close();
  };
  const snapshotOf = (generation: number, rows: AsyncIterable<{ bytes: Uint8Array }>): Snapshot =>
    snapshot({ ...header, generation }, entries, settings, rows);
  return {
    fileName: newest.name,
    header,
    settings,
    entries,
    lost: [...newest.inspection.lost].map(({ id }) => id).filter((id) => !there.has(id)),
    problems,
    leftovers: [...leftovers, ...older.map(({ name }) => name)],
    byteLength,
    commits,
    unusedRows,
    snapshot: (generation) => snapshotOf(generation, rowsAt(places, rowBytes)),
    asStore(name) {
      const open = async (): Promise<OpenFile> => {
        return { ...(await virtualFile(snapshotOf(1, noRows()), places, rowBytes)), close };
      };
      return new SingleFileStore(name, open, true);
    },
    close,
  };
}

/** The index files that can be read, the newest first; the other files; why the newest of those cannot be read. */
async function inspectFiles(
  store: Store,
  info: IndexInfo | undefined,
): Promise<{ files: InspectedFile[]; leftovers: string[]; damage: LikenessError | undefined }> {
  const files: InspectedFile[] = [];
  const leftovers: string[] = [];
  let damage: LikenessError | undefined;
  let known = info;
  try {
    // The oldest first: it tells what an index holds whose newer file has lost its header.
    for (const generation of (await generations(store)).reverse()) {
      const name = fileName(generation);
      const file = await store.open(name, 'read');
      const older = files[0]?.inspection;
      const olderCounts = older !== undefined && older.successor === undefined;
      const inspection = await inspectFile(file, name, { info: known, olderCounts }).catch(async (error) => {
        if (error instanceof LikenessError && error.code !== 'newer-format') return error;
        await file.close();
        throw error;
      });
      if (!inspection || inspection instanceof LikenessError) {
        await file.close();
        damage = inspection ?? damage;
        leftovers.push(name);
        continue;
      }
      files.unshift({ name, file, inspection });
      const { model, dimension, parity } = inspection.header;
      known ??= { model, dimension, parity };
      damage = undefined;
    }
  } catch (error) {
    for (const { file } of files) await file.close();
    throw error;
  }
  return { files, leftovers, damage };
}

/** Where the rows are that are whole: in the newest file, or, with the same checksum, in an older one. */
function keep(newest: InspectedFile, older: readonly InspectedFile[]): RowPlace[] {
  const { entries, lost, problems, hasBeginning } = newest.inspection;
  const places: RowPlace[] = [];
  for (const entry of entries) {
    const place = lost.has(entry) ? findRow(entry, older) : { entry, file: newest.file };
    if (place) places.push(place);
  }
  const before = older[0];
  if (hasBeginning || !before) return places;
  // A compaction begins the file with what the one before held: without it, that is as good.
  const message = `What ${newest.name} began with is taken from ${before.name}.`;
  problems.push({ kind: 'commit', message });
  const changed = new Map(places.map((place) => [place.entry.id, place]));
  const begun = keep(before, older.slice(1)).map((place) => {
    const now = changed.get(place.entry.id);
    changed.delete(place.entry.id);
    return now ?? place;
  });
  return [...begun, ...changed.values()];
}

function findRow(lost: PlacedEntry, files: readonly InspectedFile[]): RowPlace | undefined {
  const { id, checksum } = lost;
  for (const { file, inspection } of files) {
    const old = inspection.entries.find(
      (entry) => entry.id === id && entry.checksum === checksum && !inspection.lost.has(entry),
    );
    // Its metadata may be newer than the row.
    if (old) return { entry: { ...lost, checksum, at: old.at }, file };
  }
  return undefined;
}

async function* rowsAt(places: readonly RowPlace[], rowBytes: number): AsyncGenerator<{ bytes: Uint8Array }> {
  for (let first = 0; first < places.length; ) {
    const { file } = places[first]!;
    let end = first + 1;
    while (places[end]?.file === file) end++;
    const entries = places.slice(first, end).map(({ entry }) => entry);
    yield* checkedRows(
      () => file,
      entries,
      rowBytes,
      ({ id }) => {
        throw new LikenessError('bad-file', `The features of "${id}" cannot be read a second time.`);
      },
    );
    first = end;
  }
}

async function* noRows(): AsyncGenerator<never> {}
