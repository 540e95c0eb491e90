import { setTimeout as wait } from 'node:timers/promises';
import type { RecordBatch, Schema } from 'apache-arrow';
import { type ColumnKind, columnName } from '../columns.ts';
import { toSql } from '../condition.ts';
import { untilNoConflict } from '../conflicts.ts';
import type { TableHandle } from '../table.ts';
import type { IndexNote, NewNotes, OfAllRows, RowWriter, Scan, TableNotes, TableWays } from '../ways.ts';
import { Exactness } from './exactness.ts';
import type { Notes } from './notes.ts';
import { checkOrder, scanPages } from './scan.ts';
import { ServiceWriter } from './writer.ts';

/** LanceDB's SQL for the types of the columns that `rows.ts` makes in files. */
const sqlTypes: Readonly<Record<ColumnKind, string>> = {
  string: 'STRING',
  number: 'DOUBLE',
  boolean: 'TINYINT',
};

/** So long `compact` waits for an index that the service builds. */
const indexWithinMs = 600_000;
/** Rows that an index may not hold yet, as a share of all, when its recall is measured. */
const mayLack = 0.2;

/**
 * A table of LanceDB's service (Cloud, Enterprise), through the same client. The service compacts, forgets versions and
 * brings indices up to date by itself; columns are added by an expression; notes have a table of their own.
 */
export class ServiceWays implements TableWays {
  readonly #open: TableHandle;
  readonly #notes: Notes;
  readonly #staleMs: number;
  readonly #exactness: Exactness;
  /** What this process has written since it began: a version that was asked for before is none to keep. */
  #writes = 0;
  #keepsOrder = false;
  #known: { version: string; at: number } | undefined;

  constructor(open: TableHandle, notes: Notes, staleMs: number) {
    this.#open = open;
    this.#notes = notes;
    this.#staleMs = staleMs;
    this.#exactness = new Exactness(open);
  }

  /** The client asks the service for it each time; here it is kept as long as it may be old. */
  async version(): Promise<string> {
    const known = this.#known;
    if (known && performance.now() - known.at < this.#staleMs) return known.version;
    const [at, writes] = [performance.now(), this.#writes];
    const versions = await Promise.all([this.#open.table.version(), this.#notes.version()]);
    const version = versions.join('.');
    if (writes === this.#writes) this.#known = { version, at };
    return version;
  }

  #wrote = (): void => {
    this.#writes++;
    this.#known = undefined;
  };

  async schema(): Promise<Schema> {
    // Else the client answers from what it has seen within half a minute.
    await this.#open.table.checkoutLatest();
    return this.#open.table.schema();
  }

  async notes(): Promise<TableNotes> {
    const notes = await this.#notes.read();
    const noteOf = <Note>(key: 'index' | 'recall'): Note | undefined => {
      const text = notes.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as Note);
    };
    return { index: noteOf('index'), recall: noteOf('recall'), claims: [] };
  }

  async note({ index, recall }: NewNotes): Promise<void> {
    await this.#notes.write({
      ...(index ? { index: JSON.stringify(index) } : {}),
      ...(recall === undefined ? {} : { recall: recall ? JSON.stringify(recall) : '' }),
    });
    this.#wrote();
  }

  async addColumns(keys: readonly (readonly [key: string, kind: ColumnKind])[]): Promise<void> {
    // The client takes no types here.
    await this.#open.table.addColumns(
      keys.map(([key, kind]) => ({ name: columnName(key), valueSql: `CAST(NULL AS ${sqlTypes[kind]})` })),
    );
    this.#wrote();
  }

  async *scan(what: Scan, doing: string): AsyncGenerator<RecordBatch> {
    if (!this.#keepsOrder) await checkOrder(this.#open);
    this.#keepsOrder = true;
    yield* scanPages(this.#open, what, doing);
  }

  writer(): RowWriter {
    return new ServiceWriter(this.#open, this.#wrote);
  }

  async remove(parts: Iterable<readonly string[]>): Promise<number> {
    const { table } = this.#open;
    let removed = 0;
    for (const part of parts) {
      const where = toSql({ column: 'id', in: part });
      // Not every service says how many it has removed.
      const count = await table.countRows(where);
      if (count > 0) {
        await untilNoConflict(
          () => table.delete(where),
          () => table.checkoutLatest(),
        );
        this.#wrote();
      }
      removed += count;
    }
    return removed;
  }

  async tidy(): Promise<number> {
    return 0;
  }

  async makeIndex(rows: number, mayWait: () => boolean): Promise<IndexNote | undefined> {
    const { table, engine } = this.#open;
    const until = performance.now() + indexWithinMs;
    const indexOfVectors = async () =>
      (await table.listIndices()).find(({ columns }) => columns.includes('vector'));
    if (!(await indexOfVectors())) {
      // Cloud takes this and IVF_PQ, and chooses their numbers itself.
      await table.createIndex('vector', { config: engine.lancedb.Index.hnswSq({ distanceType: 'l2' }) });
    }
    for (let pauseMs = 250; ; pauseMs = Math.min(2000, 2 * pauseMs)) {
      const there = await indexOfVectors();
      const stats = there && (await table.indexStats(there.name));
      // One that somebody has made for other distances is never asked.
      if (stats?.distanceType !== undefined && stats.distanceType !== 'l2') return undefined;
      if (stats && stats.numUnindexedRows <= mayLack * rows) {
        this.#wrote();
        // How many parts it has nobody says. LanceDB's own default is one for each √rows rows.
        return { rows, kind: stats.indexType, partitions: Math.ceil(Math.sqrt(rows)) };
      }
      if (performance.now() > until || !mayWait()) return undefined;
      await wait(pauseMs);
    }
  }

  async ofAllRows(asked: OfAllRows, ask: () => Promise<RecordBatch[]>): Promise<RecordBatch[]> {
    if (asked.isIndexed) await this.#exactness.checkPlan();
    return this.#exactness.whole(asked, ask);
  }

  async unindexed(): Promise<number> {
    return 0;
  }

  async tryWrite(): Promise<void> {
    await this.#notes.write({ table: JSON.stringify(this.#open.shape.note) });
  }
}
