import type { Entry, ImageSearch } from 'likeness-search';
import { Turns } from './turns.ts';

/** Entries hold small pictures, some 15 kB each: more at a time would hold up the page while they arrive. */
const atOnce = 200;

/**
 * Entries of an index, asked for some at a time.
 *
 * @param ids only these; default: all
 */
export async function entriesOf(index: ImageSearch, ids?: ReadonlySet<string>): Promise<Entry[]> {
  const entries: Entry[] = [];
  const turns = new Turns();
  for (let offset = 0; ; offset += atOnce) {
    const part = await index.entries({ offset, limit: atOnce });
    for (const entry of part) if (!ids || ids.has(entry.id)) entries.push(entry);
    const isWhole = ids !== undefined && entries.length === ids.size;
    if (part.length < atOnce || offset + atOnce >= index.size || isWhole) return entries;
    await turns.next();
  }
}
