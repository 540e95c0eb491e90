import type { MetaColumns } from './columns.ts';
import { tableColumns } from './rows.ts';
import { engineCall, type OpenTable } from './table.ts';
import { twinsOf } from './twins.ts';
import type { TableNotes } from './ways.ts';

/** A table as it was at one version. */
export interface TableState extends TableNotes {
  version: string;
  rows: number;
  columns: MetaColumns;
  /** Whether there is an index of vectors, whoever has made it. */
  isIndexed: boolean;
}

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
    const { table, ways } = this.#open;
    return engineCall('Reading the state of the table', async () => {
      const version = await ways.version();
      if (this.#known?.version === version) return this.#known;
      const [schema, rows, indices] = await Promise.all([
        ways.schema(),
        table.countRows(),
        table.listIndices(),
      ]);
      const { index, recall, claims } = await ways.notes(schema);
      const isIndexed = indices.some(({ columns }) => columns.includes('vector'));
      const state: TableState = {
        version,
        rows,
        columns: tableColumns(schema, this.#where).columns,
        isIndexed,
        // One that another program has made has no note.
        index: isIndexed ? index : undefined,
        recall: isIndexed ? recall : undefined,
        claims,
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
}
