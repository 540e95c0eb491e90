import type { VectorQuery } from '@lancedb/lancedb';
import type { RecordBatch } from 'apache-arrow';
import { type Comparison, idParts, whereOf } from './asked.ts';
import { toSql } from './condition.ts';
import { type Nearest, nearestOfRows, nearestOfSome, nearestRows, type ScoredRow } from './nearest.ts';
import type { TableState } from './state.ts';
import { batchesOf, engineCall, type OpenTable } from './table.ts';

const withoutVector = ['id', 'added', 'meta'];
const columns = [...withoutVector, 'vector'];

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

/** Of a query, what the engine is not asked. */
type Limits = Omit<Nearest, 'test' | 'ask' | 'read'>;

/**
 * The nearest rows of a query. They are exact where no more than `exactRows` rows take part, where there is no index or no
 * `effort`, and where the index has found too few.
 */
export async function answer(
  open: OpenTable,
  state: TableState,
  { condition, test, ids }: Comparison,
  limits: Limits,
  exactRows: number,
  effort: number | undefined,
): Promise<{ rows: ScoredRow[]; exact: boolean }> {
  const read = (some: Iterable<string>): AsyncIterable<RecordBatch> => rowsById(open, some, columns);
  if (ids) return { rows: await nearestOfRows(read(ids), { ...limits, test }), exact: true };
  const where = whereOf(condition);
  const nearest = (change: (asked: VectorQuery, limit: number) => VectorQuery): Nearest => ({
    ...limits,
    test,
    read,
    ask(limit, withVectors) {
      const asked = change(open.table.query().nearestTo(limits.query).distanceType('l2'), limit);
      if (where !== undefined) asked.where(where);
      const selected = withVectors ? columns : withoutVector;
      return allOf(batchesOf(asked.select([...selected, '_distance']).limit(limit), 'A query'));
    },
  });
  const taken = effort === undefined ? undefined : efforts[effort];
  if (taken && state.index && state.rows > exactRows) {
    const taking =
      where === undefined ? state.rows : await engineCall('A query', () => open.table.countRows(where));
    if (taking > exactRows) {
      const { kind, partitions } = state.index;
      const probes = Math.min(partitions, Math.max(fewestProbed, Math.ceil(partitions * taken.probedShare)));
      const byIndex = nearest((asked, limit) =>
        kind === 'IVF_HNSW_SQ' ? asked.nprobes(probes).ef(2 * limit) : asked.nprobes(probes),
      );
      const limit = taken.oversample * Math.max(fewestWanted, limits.wanted);
      const { rows, found } = await nearestOfSome(byIndex, limit);
      // Fewer than are wanted: the test has refused many, or the partitions held too few.
      if (found >= limits.wanted) return { rows, exact: false };
    }
  }
  const rows = await open.scans.run(async () => {
    limits.signal?.throwIfAborted();
    const exactly = nearest((asked) => asked.bypassVectorIndex());
    const { isIndexed } = state;
    const chosen = await nearestRows({
      ...exactly,
      ask: (limit, withVectors) =>
        open.ways.ofAllRows({ where, limit, isIndexed }, () => exactly.ask(limit, withVectors)),
    });
    if (chosen) return chosen;
    const all = open.ways.scan({ condition, selected: columns, isOrdered: false }, 'A query');
    return nearestOfRows(all, { ...limits, test });
  });
  return { rows, exact: true };
}

async function allOf(batches: AsyncIterable<RecordBatch>): Promise<RecordBatch[]> {
  const all: RecordBatch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
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
