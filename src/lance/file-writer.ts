import { OwnClaim } from './claims.ts';
import { toSql } from './condition.ts';
import { untilNoConflict } from './conflicts.ts';
import { nextPlaces } from './places.ts';
import { encodeRows, type StoredRow, type TableShape } from './rows.ts';
import { engineCall, type TableHandle } from './table.ts';
import { placesOf, removeTwins } from './twins.ts';
import type { CheckedRow, RowWriter } from './ways.ts';

/** Writes rows of one call into a table in files, each part in one commit. */
export class FileWriter implements RowWriter {
  readonly #open: TableHandle;
  readonly #claim: OwnClaim;

  constructor(open: TableHandle) {
    this.#open = open;
    this.#claim = new OwnClaim(open);
  }

  async write(shape: TableShape, rows: readonly CheckedRow[]): Promise<number> {
    const open = this.#open;
    let inserted = 0;
    let left = rows;
    while (left.length > 0) {
      const mayAppend = left.length >= fewestAppended;
      let place = mayAppend ? await this.#claim.take(left.length) : nextPlaces(left.length).from;
      const before = await latestVersion(open);
      const ids = left.map(({ id }) => id);
      let places = await placesOf(open, ids);
      if ([...places.values()].some(({ length }) => length > 1)) {
        // A process that was killed has left them: else both would be replaced.
        await removeTwins(open, ids);
        places = await placesOf(open, ids);
      }
      const stored = left.map((row) => ({ ...row, added: places.get(row.id)?.[0]?.added ?? place++ }));
      const appends = mayAppend && places.size === 0;
      const written = await writeStored(open, shape, stored, appends);
      inserted += written.inserted;
      // What is merged sees by itself what other processes have added meanwhile, where the table has a primary key.
      if (written.version === before + 1) break;
      // Rows of another process stay, with what is in ours.
      const twins = new Set(await removeTwins(open, ids));
      left = left.filter(({ id }) => twins.has(id));
      inserted -= left.length;
    }
    return inserted;
  }

  async end(isWhole: boolean): Promise<void> {
    // Where writing has failed the note stays: others then see whether a row is there twice. One too many does no harm.
    if (isWhole) await this.#claim.end().catch(() => {});
  }
}

/** Fewer rows are merged even where all are new: what merging needs for them is little. */
const fewestAppended = 1000;

/**
 * Writes rows in one commit. Many new ones are appended: merging joins them with all ids of the table, which takes time and
 * memory that grow with the table.
 */
async function writeStored(
  { table, engine }: TableHandle,
  shape: TableShape,
  stored: readonly StoredRow[],
  appends: boolean,
): Promise<{ inserted: number; version: number }> {
  const encoded = encodeRows(engine.arrow, shape, stored);
  const write = async (): Promise<{ inserted: number; version: number }> => {
    if (appends) {
      const { version } = await table.add(encoded);
      return { inserted: stored.length, version };
    }
    const merge = table.mergeInsert('id').whenMatchedUpdateAll().whenNotMatchedInsertAll();
    const { numInsertedRows, version } = await merge.execute(encoded);
    return { inserted: numInsertedRows, version };
  };
  // Repeats what met the changes of others for longer than LanceDB itself tries, as on a slow store.
  return engineCall('Adding rows', () => untilNoConflict(write, () => table.checkoutLatest()));
}

/** Removes rows by their ids. @returns how many there were */
export async function removeFromFiles(
  { table }: TableHandle,
  parts: Iterable<readonly string[]>,
): Promise<number> {
  let removed = 0;
  for (const part of parts) {
    const { numDeletedRows } = await untilNoConflict(
      () => table.delete(toSql({ column: 'id', in: part })),
      () => table.checkoutLatest(),
    );
    removed += numDeletedRows;
  }
  return removed;
}

async function latestVersion({ table }: TableHandle): Promise<number> {
  return engineCall('Reading the version', async () => {
    await table.checkoutLatest();
    return table.version();
  });
}
