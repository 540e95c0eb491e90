import { LikenessError } from 'likeness-search';
import { queryTexts } from '../texts/query.ts';
import type { AskedPart } from './address.ts';
import { nameOf } from './pictures.ts';
import { partName } from './query-parts.ts';

/** The file of a query is of an earlier visit, and not stored. */
export class FileGone extends Error {}

/** Of a query without a picture to be like. */
export class OnlyUnlike extends Error {}

/** The same picture is to be like and not to be like. */
export class Contradiction extends Error {}

/** A picture that the address names and the index has not. */
export class NotThere extends Error {
  readonly id: string;
  constructor(id: string) {
    super(id);
    this.id = id;
  }
}

/** Of a picture that is in the index, and whose pixels would be needed. */
export class OriginalGone extends NotThere {}

/** A picture of the query that cannot be read. */
export class UnreadPart extends Error {
  readonly part: AskedPart;
  constructor(part: AskedPart, cause: unknown) {
    super('', { cause });
    this.part = part;
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Says what is wrong with a query, and what to do. */
export function explainQuery(error: unknown, query: readonly AskedPart[]): string {
  const text = queryTexts.value;
  if (error instanceof FileGone) return text.fileIsGone;
  if (error instanceof OnlyUnlike) return text.onlyUnlike;
  if (error instanceof Contradiction) return text.cancelled;
  if (error instanceof OriginalGone) return text.originalGone(nameOf(error.id));
  if (error instanceof NotThere) return text.notThere(nameOf(error.id));
  if (error instanceof UnreadPart) return text.unread(partName(error.part), wordsOf(error.cause));
  // Nothing else of a query of ours can be refused: its pictures are there, its numbers are checked.
  const isRefused = error instanceof LikenessError && error.code === 'bad-argument';
  if (isRefused && query.some(({ weight }) => weight < 0)) return text.cancelled;
  return wordsOf(error);
}
