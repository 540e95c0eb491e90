import type { Entry } from '../store/format/records.ts';

/** A picture that is in an index, and no longer in its folder. */
export interface Departure {
  id: string;
  message: string;
}

/** If more than one picture in so many goes, that is hardly meant: a disk is missing, or another folder was named. */
const fewParts = 3;

/**
 * Which pictures of an index are no longer in its folder.
 *
 * @param before what the index has
 * @param after what it is to have now
 * @param unread why a picture that was found could not be read
 * @param mayStay whether a picture that was not found stays, because its place cannot be looked at
 * @returns the pictures that go, and whether too many of them have no other id now
 */
export function departures(
  before: readonly Entry[],
  after: readonly Entry[],
  unread: ReadonlyMap<string, string>,
  mayStay: (id: string) => boolean,
): { gone: Departure[]; tooMany: boolean } {
  const there = new Set(after.map(({ id }) => id));
  const byHash = new Map(after.map(({ id, hash }) => [hash, id]));
  const gone: Departure[] = [];
  let lost = 0;
  for (const { id, hash } of before) {
    if (there.has(id) || (!unread.has(id) && mayStay(id))) continue;
    const now = hash === undefined ? undefined : byHash.get(hash);
    if (now === undefined) lost++;
    const why = unread.get(id) ?? 'it is no longer in the folder';
    gone.push({ id, message: now === undefined ? why : `it is "${now}" now` });
  }
  return { gone, tooMany: lost * fewParts > before.length };
}
