import { type Picture, pictures, updatePictures } from '../state/pictures.ts';
import { hashOfFile } from './ids.ts';

/**
 * Finds out which pictures are the same file: of those that are equally long the contents are compared, by their hashes.
 *
 * @param groups ids of pictures that look the same
 */
export async function hashCopies(groups: Iterable<readonly string[]>, signal: AbortSignal): Promise<void> {
  for (const ids of groups) {
    const those = ids.map((id) => pictures.value.get(id)).filter((picture) => picture !== undefined);
    const byLength = Map.groupBy(those, ({ byteLength }) => byteLength ?? -1);
    const unknown = [...byLength.values()]
      .filter((equal) => equal.length > 1)
      .flat()
      .filter(({ hash, file }) => hash === undefined && file !== undefined);
    const found: (Pick<Picture, 'id'> & { hash: string })[] = [];
    for (const { id, file } of unknown) {
      signal.throwIfAborted();
      // A file that is gone has no hash.
      const hash = await hashOfFile(file!).catch(() => undefined);
      if (hash !== undefined) found.push({ id, hash });
    }
    if (found.length > 0) updatePictures(found);
  }
}
