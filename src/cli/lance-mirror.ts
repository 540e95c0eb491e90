import { LikenessError } from '../base/errors.ts';
import type { LanceIndex } from '../lance/index.ts';

/** Ids of the table that are read together. */
const idsAtOnce = 20_000;

/** More than one row in so many are hardly meant to go: it is another index's table. As `departures.ts` has it. */
const fewParts = 3;

/**
 * Removes rows of a table that an index does not have. All rows of the index are in the table.
 *
 * @param leaving rows that go without a question
 * @param prune whether others go, however many
 * @returns how many were removed
 * @throws LikenessError `bad-argument` where too many would go
 */
export async function removeOthers(
  index: LanceIndex,
  entries: readonly { id: string }[],
  { leaving, prune }: { leaving: readonly string[]; prune: boolean },
  to: string,
  stop: AbortSignal,
): Promise<number> {
  let removed = leaving.length > 0 ? await index.remove(leaving) : 0;
  const size = await index.size();
  const others = size - entries.length;
  if (others <= 0) return removed;
  if (!prune && others * fewParts > size) {
    throw new LikenessError(
      'bad-argument',
      `${others} of the ${size} rows of ${to} are not in the index, more than a third: they stay, the rows of the index are there. Is it the table of another index? Name one with --table. If they are meant to go, run it again with --prune.`,
    );
  }
  const kept = new Set(entries.map(({ id }) => id));
  for (let offset = 0; ; ) {
    stop.throwIfAborted();
    const page = await index.entries({ offset, limit: idsAtOnce });
    if (page.entries.length === 0) return removed;
    const gone = page.entries.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
    if (gone.length > 0) removed += await index.remove(gone);
    offset += page.entries.length - gone.length;
  }
}
