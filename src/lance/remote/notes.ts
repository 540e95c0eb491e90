import type { Table } from '@lancedb/lancedb';
import type { Connection } from '../found-table.ts';
import type { Engine } from '../load.ts';
import { cell } from '../rows.ts';
import { batchesOf } from '../table.ts';

/** What notes there are: of the table, of its index, of its recall. */
type NoteKey = 'table' | 'index' | 'recall';

/** The name of the table that holds the notes of a table. */
export const notesTable = (table: string): string => `${table}_likeness`;

/**
 * Notes of a table, in a small table beside it: a service need not keep metadata of a schema. A note that was taken off is
 * an empty text.
 */
export class Notes {
  readonly #engine: Engine;
  readonly #table: Table;

  private constructor(engine: Engine, table: Table) {
    this.#engine = engine;
    this.#table = table;
  }

  /** @returns `undefined` where there are none and none are to be made */
  static async open(
    connection: Connection,
    engine: Engine,
    name: string,
    mayMake: boolean,
  ): Promise<Notes | undefined> {
    try {
      return new Notes(engine, await connection.openTable(name));
    } catch (error) {
      if (!/not found/i.test((error as Error).message)) throw error;
      if (!mayMake) return undefined;
    }
    const { Schema, Field, Utf8 } = engine.arrow;
    const schema = new Schema([new Field('id', new Utf8(), false), new Field('value', new Utf8(), false)]);
    const table = await connection.createEmptyTable(name, schema, { mode: 'create', existOk: true });
    return new Notes(engine, table);
  }

  async read(): Promise<ReadonlyMap<NoteKey, string>> {
    const notes = new Map<NoteKey, string>();
    const asked = this.#table.query().select(['id', 'value']).limit(1000);
    for await (const batch of batchesOf(asked, 'Reading the notes of the table')) {
      for (let row = 0; row < batch.numRows; row++) {
        const key = cell(batch, 'id', row) as NoteKey;
        const text = cell(batch, 'value', row) as string;
        // Two processes may have made a note at once: all take the same one.
        const other = notes.get(key);
        if (text !== '' && (other === undefined || text < other)) notes.set(key, text);
      }
    }
    return notes;
  }

  async write(notes: Partial<Record<NoteKey, string>>): Promise<void> {
    const { vectorFromArray, tableFromArrays, Utf8 } = this.#engine.arrow;
    const texts = (some: string[]) => vectorFromArray(some, new Utf8());
    const rows = tableFromArrays({
      id: texts(Object.keys(notes)),
      value: texts(Object.values(notes)),
    } as never);
    await this.#table.mergeInsert('id').whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(rows);
  }

  version(): Promise<number> {
    return this.#table.version();
  }
}
