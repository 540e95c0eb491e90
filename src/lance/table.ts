import type { Table } from '@lancedb/lancedb';
import type { RecordBatch } from 'apache-arrow';
import type { Semaphore } from '../base/lock.ts';
import type { Engine } from './load.ts';
import type { TableShape } from './rows.ts';
import { storageError } from './storage-error.ts';
import type { TableWays } from './ways.ts';

/** A table of the client. */
export interface TableHandle {
  engine: Engine;
  table: Table;
  shape: TableShape;
}

/** A table that is open. */
export interface OpenTable extends TableHandle {
  ways: TableWays;
  /** For what reads all vectors: one scan takes all cores, and more at once take their memory each. */
  scans: Semaphore;
  /** Ends the connection. */
  close(): void;
}

/** A call of LanceDB's, with its errors as ours. */
export async function engineCall<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, doing);
  }
}

/** The batches of an answer. An error of their reader is the reader's own. */
export async function* batchesOf(
  answer: AsyncIterable<RecordBatch>,
  doing: string,
): AsyncGenerator<RecordBatch> {
  const batches = answer[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await engineCall(doing, () => batches.next());
      if (done) return;
      yield value;
    }
  } finally {
    await batches.return?.();
  }
}
