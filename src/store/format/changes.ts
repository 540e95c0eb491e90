import { LikenessError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import type { Step } from './entries.ts';
import { checkMeta, type Entry, type IndexRecord, putRecord } from './records.ts';

/** A change to make: add or replace a picture, remove one, note something. */
export type Change = (Entry & { vector: Float32Array }) | { remove: string } | { set: string; value: Json };

/** A step, or `reload`: another process replaced the file, and all may be different. */
export type FollowedStep = Step | { kind: 'reload' };

/** Checks that a change can be written to the index `name`. @throws LikenessError `bad-argument` */
export function checkChange(change: Change, dimension: number, name: string): void {
  if (!('vector' in change)) return;
  if (change.vector.length !== dimension) {
    throw new LikenessError(
      'bad-argument',
      `The vector of "${change.id}" has ${change.vector.length} values, the index ${name} holds ${dimension}.`,
    );
  }
  if (change.meta !== undefined) checkMeta(change.meta, change.id);
}

/** The vectors of the changes that have one, in their order: the rows of a segment. */
export const vectorsOf = (changes: readonly Change[]): Float32Array[] =>
  changes.flatMap((change) => ('vector' in change ? [change.vector] : []));

export const recordOf = (change: Change): IndexRecord => ('vector' in change ? putRecord(change) : change);
