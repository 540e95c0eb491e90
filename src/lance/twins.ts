import { type Claim, dropClaims, leftMs } from './claims.ts';
import { toSql } from './condition.ts';
import { untilNoConflict } from './conflicts.ts';
import { cell } from './rows.ts';
import { batchesOf, engineCall, type TableHandle } from './table.ts';

/**
 * Rows of the same id: two processes have appended it at once, and the later one was killed before it could see that. The
 * one that was added first stays. Whoever finds twins keeps the same one, so that no two of them remove both.
 */
interface StoredPlace {
  added: number;
  row: bigint;
}

/** The places of rows that are there, by id, the first one first: one each, but of twins. */
export type PlacesById = ReadonlyMap<string, readonly StoredPlace[]>;

/** Ids that are looked for together: each question reads the ids of the whole table. */
const lookedForAtOnce = 8192;

/** Where rows are that are there already. */
export async function placesOf({ table }: TableHandle, ids: readonly string[]): Promise<PlacesById> {
  const places = new Map<string, StoredPlace[]>();
  for (let from = 0; from < ids.length; from += lookedForAtOnce) {
    const where = toSql({ column: 'id', in: ids.slice(from, from + lookedForAtOnce) });
    const asked = table.query().where(where).select(['id', 'added']).withRowId();
    for await (const batch of batchesOf(asked, 'Looking for ids')) {
      for (let n = 0; n < batch.numRows; n++) {
        const place = { added: cell(batch, 'added', n) as number, row: cell(batch, '_rowid', n) as bigint };
        const id = cell(batch, 'id', n) as string;
        const there = places.get(id);
        if (there) there.push(place);
        else places.set(id, [place]);
      }
    }
  }
  for (const there of places.values()) there.sort((a, b) => a.added - b.added || Number(a.row - b.row));
  return places;
}

/** Ids that are there more than once, with how many rows each has too many. */
export async function twinsOf(
  open: TableHandle,
  claims: readonly Claim[],
): Promise<ReadonlyMap<string, number>> {
  const twins = new Map<string, number>();
  for (const { from, to } of claims) {
    const ids = new Set<string>();
    const asked = open.table.query().where(toSql({ column: 'added', from, to }));
    for await (const batch of batchesOf(asked.select(['id']), 'Looking for ids')) {
      for (let n = 0; n < batch.numRows; n++) ids.add(cell(batch, 'id', n) as string);
    }
    for (const [id, places] of await placesOf(open, [...ids])) {
      if (places.length > 1) twins.set(id, places.length - 1);
    }
  }
  return twins;
}

/** Conditions of one id that are joined in one expression. */
const removedAtOnce = 500;
/** Another process that merges files meanwhile gives rows other numbers. */
const mostAttempts = 5;

/**
 * Leaves one row of each id.
 *
 * @returns the ids that had more
 */
export async function removeTwins(open: TableHandle, ids: readonly string[]): Promise<string[]> {
  let found: string[] | undefined;
  for (let attempt = 1; ; attempt++) {
    await engineCall('Looking for ids', () => open.table.checkoutLatest());
    const twins = [...(await placesOf(open, found ?? ids))].filter(([, places]) => places.length > 1);
    found ??= twins.map(([id]) => id);
    if (twins.length === 0 || attempt === mostAttempts) return found;
    for (let from = 0; from < twins.length; from += removedAtOnce) {
      const some = twins.slice(from, from + removedAtOnce).map(([id, places]) => ({
        all: [
          { column: 'id', in: [id] },
          { column: '_rowid', in: places.slice(1).map(({ row }) => Number(row)) },
        ],
      }));
      await engineCall('Removing rows of the same id', () =>
        untilNoConflict(
          () => open.table.delete(toSql({ any: some })),
          () => open.table.checkoutLatest(),
        ),
      );
    }
  }
}

/** Removes twins that processes have left, and notes of those that have surely ended. */
export async function repair(open: TableHandle, claims: readonly Claim[]): Promise<void> {
  if (claims.length === 0) return;
  const twins = await twinsOf(open, claims);
  if (twins.size > 0) await removeTwins(open, [...twins.keys()]);
  const left = claims.filter(({ at }) => Date.now() - at > leftMs);
  await dropClaims(
    open,
    left.map(({ key }) => key),
  );
}
