import type { RecordBatch, Schema } from 'apache-arrow';
import type { Claim } from './claims.ts';
import type { ColumnKind } from './columns.ts';
import type { Condition } from './condition.ts';
import type { StoredRow, TableShape } from './rows.ts';

/**
 * What a table in files (`file-ways.ts`) and one of a service (`remote/`) do in different ways. All else is the same calls
 * of LanceDB's client.
 */
export interface TableWays {
  /** Changes when rows, columns, indices or notes have changed; at most `staleMs` old where others change them. */
  version(): Promise<string>;
  /** The columns as they are now. */
  schema(): Promise<Schema>;
  /** What is noted with the table. @param schema of the table, as it is now */
  notes(schema: Schema): Promise<TableNotes>;
  note(notes: NewNotes): Promise<void>;
  /** Columns of metadata that are not there: null in all rows. */
  addColumns(keys: readonly (readonly [key: string, kind: ColumnKind])[]): Promise<void>;
  scan(what: Scan, doing: string): AsyncIterable<RecordBatch>;
  /** For one call that adds. */
  writer(): RowWriter;
  /** @returns how many there were */
  remove(parts: Iterable<readonly string[]>): Promise<number>;
  /** Merges small files and forgets old versions, where that is left to us. @returns bytes that were removed */
  tidy(keepMs: number): Promise<number>;
  /**
   * Makes the index of vectors anew, or takes the one that the service has.
   *
   * @param mayWait asked again and again while it is not ready
   * @returns what is to be noted; `undefined` where it is not ready yet
   */
  makeIndex(rows: number, mayWait: () => boolean): Promise<IndexNote | undefined>;
  /**
   * Asks for the nearest of all rows: the index has no part in it, and where fewer come than were asked for, there are no more.
   *
   * @throws LikenessError `unsupported` where that cannot be had
   */
  ofAllRows(asked: OfAllRows, ask: () => Promise<RecordBatch[]>): Promise<RecordBatch[]>;
  /** Rows that the index does not hold, where it is for us to put them in. */
  unindexed(): Promise<number>;
  /** Writes something that says nothing: whether one may. */
  tryWrite(): Promise<void>;
}

/** What is asked of all rows. */
export interface OfAllRows {
  where: string | undefined;
  limit: number;
  /** Whether there is an index of vectors. */
  isIndexed: boolean;
}

/** Rows of a table, without order or in that of adding. */
export interface Scan {
  condition: Condition;
  selected: readonly string[];
  isOrdered: boolean;
  offset?: number | undefined;
  limit?: number | undefined;
}

export type CheckedRow = Omit<StoredRow, 'added'>;

export interface RowWriter {
  /** Writes rows of different ids: all of them or none. @returns how many were not there */
  write(shape: TableShape, rows: readonly CheckedRow[]): Promise<number>;
  /** @param isWhole whether each `write` has ended well */
  end(isWhole: boolean): Promise<void>;
}

/** What was noted with the vector index when it was built. */
export interface IndexNote {
  /** Rows that it was trained with. */
  rows: number;
  /** `IVF_RQ`, `IVF_HNSW_SQ`; of a service also another. */
  kind: string;
  partitions: number;
}

/** What was noted when recall was measured. */
export interface RecallNote {
  /** Rows in the table then. */
  rows: number;
  value: number;
  k: number;
  queries: number;
  /** Of `answer.ts`, which it was measured with; the least where it is left out. */
  effort?: number;
}

export interface TableNotes {
  index: IndexNote | undefined;
  recall: RecallNote | undefined;
  /** Of processes that append, or were killed while they did. */
  claims: readonly Claim[];
}

/** `null` takes a note off. */
export interface NewNotes {
  index?: IndexNote;
  recall?: RecallNote | null;
}
