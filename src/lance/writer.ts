import type { VectorRow, VectorsAdded } from '../engine/vector-engine.ts';
import { type ColumnKind, mostColumns, shapeOf } from './columns.ts';
import { type TableShape, tableColumns } from './rows.ts';
import { engineCall, type OpenTable } from './table.ts';
import type { CheckedRow } from './ways.ts';

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
/** Characters of ids and metadata that are written together: Arrow counts the bytes of a column in 31 bits. */
const charactersAtOnce = 2 ** 24;

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
  let characters = 0;
  let done = 0;
  const writer = open.ways.writer();
  let isWhole = true;
  const write = async (): Promise<void> => {
    check();
    isWhole = false;
    // Of one id, the last row counts, in the place of the first.
    const last = new Map<string, CheckedRow>();
    for (const row of part) last.set(row.id, row);
    const added = await writer.write(await withColumns(open, where, part), [...last.values()]);
    isWhole = true;
    sum.added += added;
    sum.replaced += part.length - added;
    done += part.length;
    part = [];
    characters = 0;
    onProgress?.({ done });
  };
  try {
    for await (const row of rows) {
      const checked = checkRow(row);
      part.push(checked);
      characters += checked.id.length + (JSON.stringify(checked.meta)?.length ?? 0);
      if (part.length === atOnce || characters >= charactersAtOnce) await write();
    }
    if (part.length > 0) await write();
  } finally {
    await writer.end(isWhole);
  }
  return sum;
}

/** The table's columns, with one for each key of the rows' metadata: what has no column yet gets one. */
async function withColumns(
  { table, shape, ways }: OpenTable,
  where: string,
  rows: readonly CheckedRow[],
): Promise<TableShape> {
  const keys = new Map<string, ColumnKind>();
  for (const { meta } of rows)
    for (const [key, kind] of shapeOf(meta).keys) if (!keys.has(key)) keys.set(key, kind);
  for (let attempt = 1; ; attempt++) {
    const schema = await engineCall('Reading the columns', () => ways.schema());
    const now = { ...shape, schema, ...tableColumns(schema, where) };
    const room = Math.max(0, mostColumns - now.columns.size);
    const fresh = [...keys].filter(([key]) => !now.columns.has(key)).slice(0, room);
    if (fresh.length === 0) return now;
    try {
      await engineCall('Adding columns', () => ways.addColumns(fresh));
    } catch (error) {
      // Another process may have added some of them at this moment.
      if (attempt === 5) throw error;
      await table.checkoutLatest();
    }
  }
}
