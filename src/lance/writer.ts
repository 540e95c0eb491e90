import type { VectorRow, VectorsAdded } from '../engine/vector-engine.ts';
import { OwnClaim } from './claims.ts';
import { type ColumnKind, mostColumns, shapeOf } from './columns.ts';
import { toSql } from './condition.ts';
import { untilNoConflict } from './conflicts.ts';
import { nextPlaces } from './places.ts';
import { encodeRows, newColumn, type StoredRow, type TableShape, tableShape } from './rows.ts';
import { engineCall, type OpenTable } from './table.ts';
import { placesOf, removeTwins } from './twins.ts';

export type CheckedRow = Omit<StoredRow, 'added'>;

interface HowToAdd {
  /** A checked copy of a row. */
  checkRow(row: unknown): CheckedRow;
  /** Throws where the call has to end. */
  check(): void;
  onProgress: ((progress: { done: number }) => void) | undefined;
}

/** Values of vectors that are written together: 16 MiB. */
const valuesAtOnce = 2 ** 22;
const mostRowsAtOnce = 8192;

/** Adds rows in parts, each in one commit of the table: all of a part are there, or none. */
export async function addRows(
  open: OpenTable,
  where: string,
  rows: Iterable<VectorRow> | AsyncIterable<VectorRow>,
  { checkRow, check, onProgress }: HowToAdd,
): Promise<VectorsAdded> {
  const atOnce = Math.max(1, Math.min(mostRowsAtOnce, Math.floor(valuesAtOnce / open.shape.dims)));
  const sum: VectorsAdded = { added: 0, replaced: 0 };
  let part: CheckedRow[] = [];
  let done = 0;
  const claim = new OwnClaim(open);
  let isWhole = true;
  const write = async (): Promise<void> => {
    check();
    isWhole = false;
    const { added, replaced } = await writePart(open, where, part, claim);
    isWhole = true;
    sum.added += added;
    sum.replaced += replaced;
    done += part.length;
    part = [];
    onProgress?.({ done });
  };
  try {
    for await (const row of rows) {
      part.push(checkRow(row));
      if (part.length === atOnce) await write();
    }
    if (part.length > 0) await write();
  } finally {
    // Where writing has failed the note stays: others then see whether a row is there twice. One too many does no harm.
    if (isWhole) await claim.end().catch(() => {});
  }
  return sum;
}

async function writePart(
  open: OpenTable,
  where: string,
  rows: readonly CheckedRow[],
  claim: OwnClaim,
): Promise<VectorsAdded> {
  const shape = await withColumns(open, where, rows);
  // Of one id, the last row counts, in the place of the first.
  const last = new Map<string, CheckedRow>();
  for (const row of rows) last.set(row.id, row);
  let inserted = 0;
  let left = [...last.values()];
  while (left.length > 0) {
    const mayAppend = left.length >= fewestAppended;
    let place = mayAppend ? await claim.take(left.length) : nextPlaces(left.length).from;
    const before = await latestVersion(open);
    const ids = left.map(({ id }) => id);
    let places = await placesOf(open, ids);
    if ([...places.values()].some(({ length }) => length > 1)) {
      // A process that was killed has left them: else both would be replaced.
      await removeTwins(open, ids);
      places = await placesOf(open, ids);
    }
    const stored = left.map((row) => ({ ...row, added: places.get(row.id)?.[0]?.added ?? place++ }));
    const appends = mayAppend && places.size === 0;
    const written = await writeStored(open, shape, stored, appends);
    inserted += written.inserted;
    // What is merged sees by itself what other processes have added meanwhile, where the table has a primary key.
    if (written.version === before + 1) break;
    // Rows of another process stay, with what is in ours.
    const twins = await removeTwins(open, ids);
    left = twins.map((id) => last.get(id)!);
    inserted -= left.length;
  }
  return { added: inserted, replaced: rows.length - inserted };
}

/** Fewer rows are merged even where all are new: what merging needs for them is little. */
const fewestAppended = 1000;

/**
 * Writes rows in one commit. Many new ones are appended: merging joins them with all ids of the table, which takes time and
 * memory that grow with the table.
 */
async function writeStored(
  { table, engine }: OpenTable,
  shape: TableShape,
  stored: readonly StoredRow[],
  appends: boolean,
): Promise<{ inserted: number; version: number }> {
  const encoded = encodeRows(engine.arrow, shape, stored);
  const write = async (): Promise<{ inserted: number; version: number }> => {
    if (appends) {
      const { version } = await table.add(encoded);
      return { inserted: stored.length, version };
    }
    const merge = table.mergeInsert('id').whenMatchedUpdateAll().whenNotMatchedInsertAll();
    const { numInsertedRows, version } = await merge.execute(encoded);
    return { inserted: numInsertedRows, version };
  };
  // Repeats what met the changes of others for longer than LanceDB itself tries, as on a slow store.
  return engineCall('Adding rows', () => untilNoConflict(write, () => table.checkoutLatest()));
}

/** Removes rows by their ids. @returns how many there were */
export async function removeRows({ table }: OpenTable, parts: Iterable<readonly string[]>): Promise<number> {
  let removed = 0;
  for (const part of parts) {
    const { numDeletedRows } = await untilNoConflict(
      () => table.delete(toSql({ column: 'id', in: part })),
      () => table.checkoutLatest(),
    );
    removed += numDeletedRows;
  }
  return removed;
}

async function latestVersion({ table }: OpenTable): Promise<number> {
  return engineCall('Reading the version', async () => {
    await table.checkoutLatest();
    return table.version();
  });
}

/** The table's columns, with one for each key of the rows' metadata: what has no column yet gets one. */
async function withColumns(
  { table, engine }: OpenTable,
  where: string,
  rows: readonly CheckedRow[],
): Promise<TableShape> {
  const keys = new Map<string, ColumnKind>();
  for (const { meta } of rows)
    for (const [key, kind] of shapeOf(meta).keys) if (!keys.has(key)) keys.set(key, kind);
  const read = async (): Promise<TableShape> =>
    tableShape(await engineCall('Reading the columns', () => table.schema()), where);
  for (let attempt = 1; ; attempt++) {
    const shape = await read();
    const fresh = [...keys].filter(([key]) => !shape.columns.has(key));
    const room = Math.max(0, mostColumns - shape.columns.size);
    const added = fresh.slice(0, room).map(([key, kind]) => newColumn(engine.arrow, key, kind));
    if (added.length === 0) return shape;
    try {
      await engineCall('Adding columns', () => table.addColumns(added));
    } catch (error) {
      // Another process may have added some of them at this moment.
      if (attempt === 5) throw error;
      await table.checkoutLatest();
    }
  }
}
