import { randomUUID } from 'node:crypto';
import type { Schema } from 'apache-arrow';
import { untilNoConflict } from './conflicts.ts';
import { nextPlaces, type PlaceRange } from './places.ts';
import { engineCall, type TableHandle } from './table.ts';

/**
 * A note with the table that a process is about to append rows at these places. Where it is killed in between, another
 * process may have appended the same ids at once: whoever finds the note looks for such rows (`twins.ts`).
 */
export interface Claim extends PlaceRange {
  key: string;
  /** When it was made, by the clock of who made it. */
  at: number;
}

const prefix = 'likeness:adding:';

/** Notes of processes that append, or were killed while they did. */
export function claimsOf(schema: Schema): Claim[] {
  const metadata = schema.fields.find(({ name }) => name === 'vector')?.metadata ?? new Map<string, string>();
  return [...metadata].flatMap(([key, text]): Claim[] =>
    key.startsWith(prefix) ? [{ ...(JSON.parse(text) as Omit<Claim, 'key'>), key }] : [],
  );
}

/** Takes notes off the table: of rows that nobody appends any more. */
export async function dropClaims(open: TableHandle, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await note(open, Object.fromEntries(keys.map((key) => [key, null])));
}

/** Rows that one note covers: a note is a commit of its own, and its rows are what others look at. */
const rowsAtOnce = 2 ** 15;
/** A note that is older is made anew before more rows are appended: others may take it for one that was left. */
const freshMs = 600_000;
/** Whoever made a note that is so old has ended. */
export const leftMs = 3_600_000;

/** The note of one call that adds. */
export class OwnClaim {
  readonly #open: TableHandle;
  readonly #key = prefix + randomUUID();
  #claim: Omit<Claim, 'key'> | undefined;

  constructor(open: TableHandle) {
    this.#open = open;
  }

  /** Places for rows that are about to be appended, which the table's note covers when this resolves. */
  async take(count: number): Promise<number> {
    const free = this.#claim;
    if (!free || free.to - free.from + 1 < count || Date.now() - free.at > freshMs) {
      const made = { ...nextPlaces(Math.max(count, rowsAtOnce)), at: Date.now() };
      await note(this.#open, { [this.#key]: JSON.stringify(made) });
      this.#claim = { ...made };
    }
    const { from } = this.#claim!;
    this.#claim!.from += count;
    return from;
  }

  /** When no row that was appended has a twin. */
  async end(): Promise<void> {
    if (!this.#claim) return;
    this.#claim = undefined;
    await dropClaims(this.#open, [this.#key]);
  }
}

const note = ({ table }: TableHandle, metadata: Record<string, string | null>): Promise<unknown> =>
  engineCall('Noting what is added', () =>
    untilNoConflict(
      () => table.updateFieldMetadata([{ path: 'vector', metadata }]),
      () => table.checkoutLatest(),
    ),
  );
