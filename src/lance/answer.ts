import type { RecordBatch } from 'apache-arrow';
import { type Comparison, idParts, whereOf } from './asked.ts';
import { toSql } from './condition.ts';
import { type Nearest, nearestOfRows, nearestOfSome, nearestRows, type ScoredRow } from './nearest.ts';
import type { TableState } from './state.ts';
import { batchesOf, engineCall, type OpenTable } from './table.ts';

const columns = ['id', 'added', 'meta', 'vector'];

/**
 * How much of the index a query looks at: candidates for each row that is wanted (its own distances are coarse), and the
 * share of its partitions. The first effort whose measured recall is enough is taken.
 */
const efforts = [
  { oversample: 4, probedShare: 0.25 },
  { oversample: 16, probedShare: 0.5 },
  { oversample: 64, probedShare: 1 },
] as const;
export const effortCount: number = efforts.length;
const fewestWanted = 30;
const fewestProbed = 20;

/** The effort that queries take; `undefined` where the index finds too little, or nobody has measured what it finds. */
export function effortOf({ recall }: TableState, minRecall: number): number | undefined {
  return recall && recall.value >= minRecall ? Math.min(recall.effort ?? 0, effortCount - 1) : undefined;
}

/**
 * The nearest rows of a query. They are exact where no more than `exactRows` rows take part, where there is no index or no
 * `effort`, and where the index has found too few.
 */
export async function answer(
  open: OpenTable,
  state: TableState,
  { condition, test, ids }: Comparison,
  limits: Omit<Nearest, 'test' | 'ask'>,
  exactRows: number,
  effort: number | undefined,
): Promise<{ rows: ScoredRow[]; exact: boolean }> {
  if (ids) {
    const rows = rowsById(open, ids, columns);
    return { rows: await nearestOfRows(limits.query, rows, { ...limits, test }), exact: true };
  }
  const where = whereOf(condition);
  const taken = effort === undefined ? undefined : efforts[effort];
  if (taken && state.index && state.rows > exactRows) {
    const taking =
      where === undefined ? state.rows : await engineCall('A query', () => open.table.countRows(where));
    if (taking > exactRows) {
      const { kind, partitions } = state.index;
      const probes = Math.min(partitions, Math.max(fewestProbed, Math.ceil(partitions * taken.probedShare)));
      const limit = taken.oversample * Math.max(fewestWanted, limits.wanted);
      const ask = (most: number): AsyncIterable<RecordBatch> => {
        const asked = open.table.query().nearestTo(limits.query).distanceType('l2').nprobes(probes);
        if (kind === 'IVF_HNSW_SQ') asked.ef(2 * most);
        if (where !== undefined) asked.where(where);
        return batchesOf(asked.select([...columns, '_distance']).limit(most), 'A query');
      };
      const { rows, passed } = await nearestOfSome({ ...limits, test, ask }, limit);
      // Fewer than are wanted: the test has refused many, or the partitions held too few.
      if (passed >= limits.wanted) return { rows, exact: false };
    }
  }
  const ask = (most: number): AsyncIterable<RecordBatch> => {
    const asked = open.table.query().nearestTo(limits.query).distanceType('l2').bypassVectorIndex();
    if (where !== undefined) asked.where(where);
    return batchesOf(asked.select([...columns, '_distance']).limit(most), 'A query');
  };
  return { rows: await nearestRows({ ...limits, test, ask }), exact: true };
}

/** Rows by their ids, as far as they are there. */
export async function* rowsById(
  { table }: OpenTable,
  ids: Iterable<string>,
  selected: string[],
): AsyncGenerator<RecordBatch> {
  for (const part of idParts(ids, 'ids')) {
    yield* batchesOf(
      table
        .query()
        .where(toSql({ column: 'id', in: part }))
        .select(selected),
      'Reading rows',
    );
  }
}
