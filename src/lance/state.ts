import type { Recall } from '../engine/vector-engine.ts';
import { type Claim, claimsOf } from './claims.ts';
import type { MetaColumns } from './columns.ts';
import { tableShape } from './rows.ts';
import { engineCall, type OpenTable } from './table.ts';
import { twinsOf } from './twins.ts';

/** What was noted with the vector index when it was built. */
export interface IndexNote {
  /** Rows that it was trained with. */
  rows: number;
  kind: 'IVF_RQ' | 'IVF_HNSW_SQ';
  partitions: number;
}

/** What was noted when recall was measured. */
export interface RecallNote extends Recall {
  /** Rows in the table then. */
  rows: number;
  /** Of `answer.ts`, which it was measured with; the least where it is left out. */
  effort?: number;
}

/** A table as it was at one version. */
export interface TableState {
  version: number;
  rows: number;
  columns: MetaColumns;
  /** Where there is a vector index. */
  index: IndexNote | undefined;
  recall: RecallNote | undefined;
  /** Of processes that append, or were killed while they did. */
  claims: readonly Claim[];
}

const indexKey = 'likeness:index';
const recallKey = 'likeness:recall';

/** Reads what a table is now, and keeps it while the table's version is the same. */
export class StateReader {
  readonly #open: OpenTable;
  readonly #where: string;
  #known: TableState | undefined;
  #twins: { of: TableState; ids: Promise<ReadonlyMap<string, number>> } | undefined;

  constructor(open: OpenTable, where: string) {
    this.#open = open;
    this.#where = where;
  }

  async read(): Promise<TableState> {
    const { table } = this.#open;
    return engineCall('Reading the state of the table', async () => {
      const version = await table.version();
      if (this.#known?.version === version) return this.#known;
      const [schema, rows, indices] = await Promise.all([
        table.schema(),
        table.countRows(),
        table.listIndices(),
      ]);
      const metadata = schema.fields.find(({ name }) => name === 'vector')?.metadata;
      const isThere = indices.some(({ columns }) => columns.includes('vector'));
      const state: TableState = {
        version,
        rows,
        columns: tableShape(schema, this.#where).columns,
        // One that another program has made has no note.
        index: isThere ? noteOf<IndexNote>(metadata, indexKey) : undefined,
        recall: isThere ? noteOf<RecallNote>(metadata, recallKey) : undefined,
        claims: claimsOf(schema),
      };
      this.#known = state;
      return state;
    });
  }

  /** Ids that are there more than once, with how many rows each has too many: seldom any. */
  async twins(): Promise<ReadonlyMap<string, number>> {
    const state = await this.read();
    if (this.#twins?.of !== state) this.#twins = { of: state, ids: twinsOf(this.#open, state.claims) };
    try {
      return await this.#twins.ids;
    } catch (error) {
      this.#twins = undefined;
      throw error;
    }
  }

  /** Notes with the table how its index was built, or what recall it has. */
  async note(notes: { index?: IndexNote; recall?: RecallNote | null }): Promise<void> {
    const metadata: Record<string, string | null> = {};
    if (notes.index) metadata[indexKey] = JSON.stringify(notes.index);
    if (notes.recall !== undefined) metadata[recallKey] = notes.recall && JSON.stringify(notes.recall);
    await this.#open.table.updateFieldMetadata([{ path: 'vector', metadata }]);
  }
}

function noteOf<Note>(metadata: ReadonlyMap<string, string> | undefined, key: string): Note | undefined {
  const text = metadata?.get(key);
  return text === undefined ? undefined : (JSON.parse(text) as Note);
}
