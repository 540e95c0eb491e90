import type { Recall } from '../engine/vector-engine.ts';
import { effortCount, effortOf } from './answer.ts';
import { untilNoConflict } from './conflicts.ts';
import { measureRecall, type RecallOptions } from './recall.ts';
import type { StateReader, TableState } from './state.ts';
import { engineCall, type OpenTable } from './table.ts';
import { repair } from './twins.ts';

/** What `compact` did. */
export interface CompactReport {
  /** Rows in the table. */
  rows: number;
  /** Whether queries compare all rows, or ask the index that is there now. */
  exact: boolean;
  /**
   * Of the index, by sampled queries that were answered both ways; `null` where there is none. Where it is less than
   * `minRecall`, all rows are compared: `exact` is true.
   */
  recall: Recall | null;
  /** Bytes of old versions that were removed. */
  bytesRemoved: number;
}

export interface MaintainOptions extends RecallOptions {
  /** Up to so many rows are compared with a query one by one. */
  exactRows: number;
  /** So many milliseconds old versions of the table are kept, for those who still read them. */
  keepMs: number;
  /** Whether there is time for what a service does by and by. */
  mayWait(): boolean;
}

/** From so many rows on ids have an index of their own: else each is looked for in all rows. */
const idIndexRows = 20_000;
/** A table that has grown to so many times the rows its index was trained with gets a new one. */
const retrainGrowth = 2;
/** Rows that came since, as a share of all, before recall is measured anew. */
export const recallGrowth = 0.2;

/** Whether a table has to be maintained. @param unindexed rows that came after the index */
export const needsIndex = (
  { rows, index, recall }: TableState,
  exactRows: number,
  unindexed: number,
): boolean =>
  rows > exactRows &&
  (!index || !recall || unindexed > recallGrowth * rows || rows > retrainGrowth * index.rows);

/** Removes rows that are there twice, merges small files, forgets old versions, brings the indices up to date and measures recall anew. */
export async function maintain(
  open: OpenTable,
  states: StateReader,
  options: MaintainOptions,
): Promise<CompactReport> {
  const { table, engine, ways } = open;
  const { exactRows, keepMs, check, mayWait } = options;
  const step = <T>(work: () => Promise<T>): Promise<T> => {
    check();
    return engineCall('Compacting', () => untilNoConflict(work, () => table.checkoutLatest()));
  };
  await step(async () => repair(open, (await states.read()).claims));
  const bytesRemoved = await step(() => ways.tidy(keepMs));
  let state = await states.read();
  const names = new Set((await step(() => table.listIndices())).map(({ name }) => name));
  if (state.rows >= idIndexRows && !names.has('id_idx')) {
    await step(() => table.createIndex('id', { config: engine.lancedb.Index.btree() }));
  }
  if (state.rows > exactRows && (!state.index || state.rows > retrainGrowth * state.index.rows)) {
    const index = await step(() => ways.makeIndex(state.rows, mayWait));
    if (index) await step(() => ways.note({ index, recall: null }));
    state = await states.read();
  }
  const isIndexed = state.rows > exactRows && state.index !== undefined;
  if (isIndexed && isOld(state, options.minRecall)) {
    const recall = await measureRecall(table, options);
    if (recall) await step(() => ways.note({ recall: { ...recall, rows: state.rows } }));
    state = await states.read();
  }
  return {
    rows: state.rows,
    exact: !isIndexed || effortOf(state, options.minRecall) === undefined,
    recall: isIndexed ? recallOf(state) : null,
    bytesRemoved,
  };
}

/** Whether recall has to be measured: anew, or with an effort that may find what is missing. */
const isOld = ({ rows, recall }: TableState, minRecall: number): boolean =>
  !recall ||
  Math.abs(rows - recall.rows) > recallGrowth * recall.rows ||
  (recall.value < minRecall && (recall.effort ?? 0) < effortCount - 1);

/** What answers say of their recall. */
export function recallOf({ recall }: TableState): Recall | null {
  if (!recall) return null;
  const { value, k, queries } = recall;
  return { value, k, queries };
}
