import { listIndexes } from 'likeness-search';
import { report } from '../state/library.ts';
import { isOffered } from './models.ts';
import { served } from './served.ts';

/** Whether the server's index is of another model than the page works with. */
export const servedIsOfOther = (): boolean =>
  served.value !== undefined && served.value.fingerprint !== report.value?.model.fingerprint;

/**
 * An index of the same pictures that another version of the model made in this browser; `undefined` where there is none.
 *
 * @param place what the names of the indexes of these pictures begin with, without their kind
 */
export async function earlierIndex(place: string): Promise<{ made: string; byteLength: number } | undefined> {
  const { name, fingerprint } = report.value!.model;
  const begin = `${place}-${storedName(name)}-`;
  for (const { store, byteLength } of await listIndexes()) {
    const key = store.replace(/^\w+:/, '');
    const [, version, hash] =
      (key.startsWith(begin) && /^([^-]+)-([0-9a-f]{16})$/.exec(key.slice(begin.length))) || [];
    if (version === undefined) continue;
    const made = `${name}@${version}:${hash}`;
    if (made !== fingerprint && !isOffered(made)) return { made, byteLength };
  }
  return undefined;
}

/** The index that a model makes of the pictures of a place, as its store is named after the store's kind. */
export const indexName = (place: string, fingerprint: string): string =>
  `${place}-${storedName(fingerprint)}`;

/** As it stands in the name of a store. */
const storedName = (text: string): string => text.replace(/[^\w.-]/g, '-');
