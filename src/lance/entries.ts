import type { Table } from '@lancedb/lancedb';
import type { Json } from '../base/json.ts';
import type { Hit } from '../engine/types.ts';
import type { VectorEntry } from '../engine/vector-engine.ts';
import { type Comparison, idsAtOnce, whereOf } from './asked.ts';
import { type Condition, isText } from './condition.ts';
import type { ScoredRow } from './nearest.ts';
import { cell, metaAt } from './rows.ts';
import { engineCall, type OpenTable } from './table.ts';

/** Which part of the rows that take part, in the order of adding. */
export interface EntriesPage {
  offset: number;
  limit: number | undefined;
  signal: AbortSignal | undefined;
}

/**
 * Rows without their vectors. Where the engine can decide who takes part, it passes over the pages before.
 *
 * @param twins ids that are there more than once
 */
export async function readEntries(
  { table, ways }: OpenTable,
  compared: Comparison,
  page: EntriesPage,
  twins: ReadonlyMap<string, number>,
): Promise<{ entries: VectorEntry[]; total: number }> {
  const condition = conditionOf(compared);
  const where = whereOf(condition);
  const byEngine = compared.pushed && isSmall(compared) && twins.size === 0 && !(await hasOdd(table, where));
  const total = byEngine ? await engineCall('Counting rows', () => table.countRows(where)) : undefined;
  if (total !== undefined && page.offset >= total) return { entries: [], total };
  const part = byEngine && {
    offset: page.offset,
    limit: Math.min(page.limit ?? total!, total! - page.offset),
  };
  const selected = ['id', 'added', 'meta'];
  const rows = ways.scan({ condition, selected, isOrdered: true, ...part }, 'Reading entries');
  const among = compared.ids && new Set(compared.ids);
  const entries: VectorEntry[] = [];
  const [from, to] = byEngine
    ? [0, Number.POSITIVE_INFINITY]
    : [page.offset, page.offset + (page.limit ?? Infinity)];
  const seen = new Set<string>();
  let passed = 0;
  for await (const batch of rows) {
    page.signal?.throwIfAborted();
    for (let row = 0; row < batch.numRows; row++) {
      const id = cell(batch, 'id', row) as string;
      const meta = metaAt(batch, row);
      // Of rows of the same id, the first one counts.
      if (twins.has(id) && seen.size === seen.add(id).size) continue;
      if (!byEngine && !((among?.has(id) ?? true) && compared.test(id, meta))) continue;
      if (passed >= from && passed < to) entries.push(entryOf(id, meta));
      passed++;
    }
  }
  return { entries, total: total ?? passed };
}

/** A row without its vector. */
export const entryOf = (id: string, meta: Json | undefined): VectorEntry =>
  meta === undefined ? { id } : { id, meta };

export const hitOf = ({ id, squared, meta }: ScoredRow): Hit => ({
  ...entryOf(id, meta),
  distance: Math.sqrt(squared),
});

const isSmall = ({ ids = [] }: Comparison): boolean => ids.length <= idsAtOnce;

/** Of a list of ids, too, where it is short. */
function conditionOf(compared: Comparison): Condition {
  if (!compared.ids || !isSmall(compared)) return compared.condition;
  return { all: [compared.condition, { column: 'id', in: compared.ids.filter(isText) }] };
}

/** Whether some row's metadata says more than its columns: of it the metadata itself decides. */
async function hasOdd(table: Table, where: string | undefined): Promise<boolean> {
  // Without a filter on metadata no row has to be looked at.
  if (where === undefined || !where.includes('`odd`')) return false;
  return (await engineCall('Counting rows', () => table.countRows('`odd`'))) > 0;
}
