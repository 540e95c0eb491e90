/** A picture that an index has and that its folder has no more. */
export interface Departure {
  id: string;
  message: string;
}

/** A picture of an index, as far as it matters here. */
interface Indexed {
  id: string;
  hash?: string;
}

/** More than one in so many pictures that go at once are hardly meant to: a disk is not there, another folder was named. */
const fewParts = 3;

/**
 * Which pictures of an index are no longer in its folder.
 *
 * @param before the pictures of the index
 * @param after the pictures that it is to have now
 * @param unread why a picture that was found could not be read
 * @param mayStay whether one that was not found stays all the same: where it is cannot be looked at
 * @returns those that go, and whether too many of them are in it under no other id
 */
export function departures(
  before: readonly Indexed[],
  after: readonly Indexed[],
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
