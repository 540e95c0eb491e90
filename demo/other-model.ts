import { listIndexes } from 'likeness-search';
import { isOffered, megabytes } from './models.ts';
import { state } from './state.ts';

/**
 * What a person does where the server's index is of another model than the page works with; `undefined` where it is of
 * the same one, or there is none.
 */
export function otherModelOfServed(): string | undefined {
  const { served, report } = state;
  if (!served || !report || served.fingerprint === report.model.fingerprint) return undefined;
  const both = `The ready-made index was made with ${served.fingerprint}, the page works with ${report.model.fingerprint}`;
  return isOffered(served.fingerprint)
    ? `${both}: choose its model under "Models", or index the pictures anew.`
    : `${both}, and the other model is not here: index the pictures in this page. Whoever serves it makes a new ready-made index with "likeness index".`;
}

/**
 * What to say of an index of the same pictures that another version of the model made in this browser.
 *
 * @param place what the names of the indexes of these pictures begin with, without their kind
 */
export async function earlierIndex(place: string): Promise<string | undefined> {
  const { name, fingerprint } = state.report!.model;
  const begin = `${place}-${storedName(name)}-`;
  for (const { store, byteLength } of await listIndexes()) {
    const key = store.replace(/^\w+:/, '');
    const [, version, hash] =
      (key.startsWith(begin) && /^([^-]+)-([0-9a-f]{16})$/.exec(key.slice(begin.length))) || [];
    if (version === undefined) continue;
    const made = `${name}@${version}:${hash}`;
    if (made === fingerprint || isOffered(made)) continue;
    return `An index in this browser was made with ${made}, this is ${fingerprint}: ${state.served ? 'index the pictures' : 'add its pictures'} again. The old one (${megabytes(byteLength)}) can be deleted under "Storage".`;
  }
  return undefined;
}

/** As it stands in the name of a store. */
export const storedName = (text: string): string => text.replace(/[^\w.-]/g, '-');
