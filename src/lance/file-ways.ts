import type { Index } from '@lancedb/lancedb';
import type { RecordBatch, Schema } from 'apache-arrow';
import { whereOf } from './asked.ts';
import { claimsOf, OwnClaim } from './claims.ts';
import type { ColumnKind } from './columns.ts';
import { FileWriter, removeFromFiles } from './file-writer.ts';
import { newColumn } from './rows.ts';
import { batchesOf, engineCall, type TableHandle } from './table.ts';
import type { IndexNote, NewNotes, OfAllRows, RowWriter, Scan, TableNotes, TableWays } from './ways.ts';

const indexKey = 'likeness:index';
const recallKey = 'likeness:recall';
/** LanceDB's name for the index of the column `vector`. */
const vectorIndexName = 'vector_idx';

/** Rows of one partition of the index, on average. */
const partitionRows = { IVF_RQ: 4096, IVF_HNSW_SQ: 2 ** 18 };
/** RaBitQ's codes find little in longer vectors: at 4096 values 0.12 … 0.3 of the 30 nearest were measured. */
const longestCoded = 512;

/** A table in a folder or on an object store: LanceDB is here, and all of its calls are. */
export class FileWays implements TableWays {
  readonly #open: TableHandle;

  constructor(open: TableHandle) {
    this.#open = open;
  }

  async version(): Promise<string> {
    return String(await this.#open.table.version());
  }

  schema(): Promise<Schema> {
    return this.#open.table.schema();
  }

  /** They are metadata of the column of vectors: a change of them is a version of the table. */
  async notes(schema: Schema): Promise<TableNotes> {
    const metadata = schema.fields.find(({ name }) => name === 'vector')?.metadata;
    const noteOf = <Note>(key: string): Note | undefined => {
      const text = metadata?.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as Note);
    };
    return { index: noteOf(indexKey), recall: noteOf(recallKey), claims: claimsOf(schema) };
  }

  async note({ index, recall }: NewNotes): Promise<void> {
    const metadata: Record<string, string | null> = {};
    if (index) metadata[indexKey] = JSON.stringify(index);
    if (recall !== undefined) metadata[recallKey] = recall && JSON.stringify(recall);
    await this.#open.table.updateFieldMetadata([{ path: 'vector', metadata }]);
  }

  async addColumns(keys: readonly (readonly [key: string, kind: ColumnKind])[]): Promise<void> {
    const { table, engine } = this.#open;
    await table.addColumns(keys.map(([key, kind]) => newColumn(engine.arrow, key, kind)));
  }

  scan({ condition, selected, isOrdered, offset, limit }: Scan, doing: string): AsyncIterable<RecordBatch> {
    const asked = this.#open.table.query().select([...selected]);
    const where = whereOf(condition);
    if (where !== undefined) asked.where(where);
    if (isOrdered) asked.orderBy({ columnName: 'added', ascending: true, nullsFirst: false });
    if (offset !== undefined) asked.offset(offset);
    if (limit !== undefined) asked.limit(limit);
    return batchesOf(asked, doing);
  }

  writer(): RowWriter {
    return new FileWriter(this.#open);
  }

  remove(parts: Iterable<readonly string[]>): Promise<number> {
    return removeFromFiles(this.#open, parts);
  }

  async tidy(keepMs: number): Promise<number> {
    const { prune } = await this.#open.table.optimize({ cleanupOlderThan: new Date(Date.now() - keepMs) });
    return prune.bytesRemoved;
  }

  /** Which index a table gets: docs/BENCHMARKS.md has what was measured. */
  async makeIndex(rows: number): Promise<IndexNote> {
    const { dims } = this.#open.shape;
    // Its codes take values by eights.
    const kind = dims <= longestCoded && dims % 8 === 0 ? 'IVF_RQ' : 'IVF_HNSW_SQ';
    const partitions = Math.max(1, Math.round(rows / partitionRows[kind]));
    const config = this.#indexOf(kind, partitions);
    await this.#open.table.createIndex('vector', { config, replace: true });
    return { rows, kind, partitions };
  }

  #indexOf(kind: 'IVF_RQ' | 'IVF_HNSW_SQ', numPartitions: number): Index {
    const { Index } = this.#open.engine.lancedb;
    const common = { numPartitions, distanceType: 'l2' } as const;
    return kind === 'IVF_RQ' ? Index.ivfRq({ ...common, numBits: 1 }) : Index.hnswSq(common);
  }

  ofAllRows(_: OfAllRows, ask: () => Promise<RecordBatch[]>): Promise<RecordBatch[]> {
    return ask();
  }

  async unindexed(): Promise<number> {
    const { table } = this.#open;
    const said = await engineCall('Reading the index', () => table.indexStats(vectorIndexName));
    return said?.numUnindexedRows ?? 0;
  }

  async tryWrite(): Promise<void> {
    const claim = new OwnClaim(this.#open);
    await claim.take(1);
    await claim.end();
  }
}
