import { LikenessError } from '../base/errors.ts';
import type { Store } from './format/files.ts';
import type { IndexInfo, IndexModel } from './format/header.ts';

/** What a message says of an index's place. */
export type IndexPlace = Pick<Store, 'name' | 'readOnly' | 'again'>;

/** An index of another model than is here. @param again how to index the pictures again, as a clause */
export const modelMismatch = (
  there: IndexModel,
  here: IndexModel,
  where: string,
  again: string,
): LikenessError =>
  new LikenessError(
    'model-mismatch',
    `The index in ${where} was made with ${there.fingerprint}, this is ${here.fingerprint}: ${instead(there, here)} To index again: ${again}.`,
  );

/** How the two models differ, and what else can be done. */
function instead(there: IndexModel, here: IndexModel): string {
  if (there.name !== here.name) {
    return 'features of two models cannot be compared. Use the model that made it, or index again.';
  }
  const [made, present] = [Number(there.version), Number(here.version)];
  if (made < present) {
    return 'the model has a newer version since, and features of the two cannot be compared.';
  }
  return made > present
    ? 'features of two versions cannot be compared. Update Likeness, or the model, or index again.'
    : 'features of two builds of a model cannot be compared. Use the one that made it, or index again.';
}

function howAgain({ again, readOnly }: IndexPlace): string {
  if (readOnly) {
    return 'add its pictures to a new index and export that; "likeness index <folder of pictures> -o <index>" makes one of a folder';
  }
  return again ?? 'remove its files, open it once more and add its pictures, or do that in another store';
}

/**
 * Refuses an index of another kind than is wanted.
 *
 * @throws LikenessError `model-mismatch` with both names, and what to do
 */
export function checkKind(there: IndexInfo, wanted: IndexInfo, place: IndexPlace): void {
  if (there.model.fingerprint !== wanted.model.fingerprint) {
    throw modelMismatch(there.model, wanted.model, place.name, howAgain(place));
  }
  const mismatch = (what: string): LikenessError =>
    new LikenessError('model-mismatch', `The index in ${place.name} ${what}.`);
  if (there.dimension !== wanted.dimension) {
    throw mismatch(`holds vectors of ${there.dimension} values, not of ${wanted.dimension}`);
  }
  if (there.parity !== wanted.parity) {
    const kind = (parity: string | null): string => (parity ? "exif: 'ignore'" : "exif: 'apply'");
    throw mismatch(`was made with ${kind(there.parity)}, not with ${kind(wanted.parity)}`);
  }
}
