import type { VectorRow, VectorsAdded } from '../engine/vector-engine.ts';
import { idsAtOnce } from './asked.ts';
import { type ColumnKind, mostColumns, shapeOf } from './columns.ts';
import { toSql } from './condition.ts';
import { untilNoConflict } from './maintain.ts';
import { cell, encodeRows, newColumn, type StoredRow, type TableShape, tableShape } from './rows.ts';
import { batchesOf, engineCall, type OpenTable } from './table.ts';

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
  const write = async (): Promise<void> => {
    check();
    const { added, replaced } = await writePart(open, where, part);
    sum.added += added;
    sum.replaced += replaced;
    done += part.length;
    part = [];
    onProgress?.({ done });
  };
  for await (const row of rows) {
    part.push(checkRow(row));
    if (part.length === atOnce) await write();
  }
  if (part.length > 0) await write();
  return sum;
}

async function writePart(open: OpenTable, where: string, rows: readonly CheckedRow[]): Promise<VectorsAdded> {
  const shape = await withColumns(open, where, rows);
  // Of one id, the last row counts, in the place of the first.
  const last = new Map<string, CheckedRow>();
  for (const row of rows) last.set(row.id, row);
  let inserted = 0;
  let left = [...last.values()];
  while (left.length > 0) {
    const before = await latestVersion(open);
    const places = await placesOf(
      open,
      left.map(({ id }) => id),
    );
    const stored = left.map((row) => ({ ...row, added: places.get(row.id)?.[0] ?? nextPlace() }));
    const written = await writeStored(open, shape, stored, places.size === 0);
    inserted += written.inserted;
    if (written.version === before + 1) break;
    left = await withoutTwins(open, stored, last);
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
  areNew: boolean,
): Promise<{ inserted: number; version: number }> {
  const encoded = encodeRows(engine.arrow, shape, stored);
  return changing({ table }, async () => {
    if (areNew && stored.length >= fewestAppended) {
      const { version } = await table.add(encoded);
      return { inserted: stored.length, version };
    }
    const merge = table.mergeInsert('id').whenMatchedUpdateAll().whenNotMatchedInsertAll();
    const { numInsertedRows, version } = await merge.execute(encoded);
    return { inserted: numInsertedRows, version };
  });
}

/**
 * Another process has written since ids were looked for: where it has added some of the same, ours of them are taken out
 * again.
 *
 * @returns the rows that are to be written again, over those of the other process
 */
async function withoutTwins(
  open: OpenTable,
  stored: readonly StoredRow[],
  rows: ReadonlyMap<string, CheckedRow>,
): Promise<CheckedRow[]> {
  await latestVersion(open);
  const places = await placesOf(
    open,
    stored.map(({ id }) => id),
  );
  const twins = stored.filter(({ id }) => (places.get(id)?.length ?? 0) > 1);
  for (let from = 0; from < twins.length; from += idsAtOnce) {
    const part = twins.slice(from, from + idsAtOnce);
    const ours = toSql({
      all: [
        { column: 'id', in: part.map(({ id }) => id) },
        { column: 'added', in: part.map(({ added }) => added) },
      ],
    });
    await changing(open, () => open.table.delete(ours));
  }
  return twins.map(({ id }) => rows.get(id)!);
}

/** Repeats what met the changes of others for longer than LanceDB itself tries, as on a slow store. */
function changing<T>({ table }: Pick<OpenTable, 'table'>, work: () => Promise<T>): Promise<T> {
  return engineCall('Adding rows', () => untilNoConflict(work, () => table.checkoutLatest()));
}

async function latestVersion({ table }: OpenTable): Promise<number> {
  return engineCall('Reading the version', async () => {
    await table.checkoutLatest();
    return table.version();
  });
}

let lastPlace = 0;

/**
 * A place behind all that were given, here and before now elsewhere: the time in 1/4096 ms, which float64 holds exactly
 * until the year 2039 and later to 1/2048 ms.
 */
function nextPlace(): number {
  lastPlace = Math.max(lastPlace + 1, Date.now() * 4096);
  return lastPlace;
}

/** Ids of a part that are looked for together: each question reads the ids of the whole table. */
const lookedForAtOnce = 8192;

/** The places of rows that are there already, by id: one each, but where two processes have added the same id at once. */
async function placesOf({ table }: OpenTable, ids: readonly string[]): Promise<Map<string, number[]>> {
  const places = new Map<string, number[]>();
  for (let from = 0; from < ids.length; from += lookedForAtOnce) {
    const where = toSql({ column: 'id', in: ids.slice(from, from + lookedForAtOnce) });
    for await (const batch of batchesOf(table.query().where(where).select(['id', 'added']), 'Adding rows')) {
      for (let row = 0; row < batch.numRows; row++) {
        const id = cell(batch, 'id', row) as string;
        places.set(
          id,
          [...(places.get(id) ?? []), cell(batch, 'added', row) as number].sort((a, b) => a - b),
        );
      }
    }
  }
  return places;
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
