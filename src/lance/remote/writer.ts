import { toSql } from '../condition.ts';
import { untilNoConflict } from '../conflicts.ts';
import { nextPlaces } from '../places.ts';
import { cell, encodeRows, type TableShape } from '../rows.ts';
import { batchesOf, engineCall, type TableHandle } from '../table.ts';
import type { CheckedRow, RowWriter } from '../ways.ts';

/** Ids that are named in one request: its text stays below a MiB. */
const idsAtOnce = 2000;

/**
 * Writes rows of one call by merging them on their ids. A service has no primary key: where two processes add the same new
 * id at the same moment, both rows are there until the later one looks, which it does at once.
 */
export class ServiceWriter implements RowWriter {
  readonly #open: TableHandle;
  readonly #wrote: () => void;

  constructor(open: TableHandle, wrote: () => void) {
    this.#open = open;
    this.#wrote = wrote;
  }

  async write(shape: TableShape, rows: readonly CheckedRow[]): Promise<number> {
    const { table, engine } = this.#open;
    const ids = rows.map(({ id }) => id);
    const places = await this.#withoutTwins(ids);
    let place = nextPlaces(rows.length).from;
    const stored = rows.map((row) => ({ ...row, added: places.get(row.id) ?? place++ }));
    const encoded = encodeRows(engine.arrow, shape, stored);
    await engineCall('Adding rows', () =>
      untilNoConflict(
        () => table.mergeInsert('id').whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(encoded),
        () => table.checkoutLatest(),
      ),
    );
    this.#wrote();
    await this.#withoutTwins(ids);
    return rows.length - places.size;
  }

  async end(): Promise<void> {}

  /** Leaves one row of each id, the one that was added first. @returns its place */
  async #withoutTwins(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { table } = this.#open;
    const first = new Map<string, number>();
    for (let from = 0; from < ids.length; from += idsAtOnce) {
      const later = new Map<string, number[]>();
      const asked = table.query().where(toSql({ column: 'id', in: ids.slice(from, from + idsAtOnce) }));
      for await (const batch of batchesOf(asked.select(['id', 'added']), 'Looking for ids')) {
        for (let row = 0; row < batch.numRows; row++) {
          const id = cell(batch, 'id', row) as string;
          const added = cell(batch, 'added', row) as number;
          const other = first.get(id);
          first.set(id, Math.min(added, other ?? added));
          if (other === undefined || other === added) continue;
          later.set(id, [...(later.get(id) ?? []), Math.max(added, other)]);
        }
      }
      const twins = [...later].map(([id, places]) => ({
        all: [
          { column: 'id', in: [id] },
          { column: 'added', in: places },
        ],
      }));
      if (twins.length === 0) continue;
      await engineCall('Removing rows of the same id', () => table.delete(toSql({ any: twins })));
      this.#wrote();
    }
    return first;
  }
}
