import type { Hit } from 'likeness-search';
import type { AskedPart } from './address.ts';
import type { Picture } from './pictures.ts';

/** What float64 leaves of the distance of a vector to itself. */
const nothing = 1e-6;

/**
 * Hits that are the query itself again: with the content of one of its pictures, or, where one whole picture was asked
 * for, at no distance.
 */
export function exactCopies(
  query: readonly AskedPart[],
  hits: readonly Hit[],
  pictures: ReadonlyMap<string, Picture>,
): Hit[] {
  const hashes = query.flatMap((part) => {
    // A region of a picture is found in its copies as in others.
    if (part.region) return [];
    if ('file' in part) return [part.file];
    const hash = pictures.get(part.id)?.hash;
    return hash === undefined ? [] : [hash];
  });
  const isAlone = query.length === 1 && !query[0]!.region;
  return hits.filter(({ id, distance }) => {
    if (isAlone && distance <= nothing) return true;
    const hash = pictures.get(id)?.hash;
    return hash !== undefined && hashes.some((one) => hash.startsWith(one));
  });
}
