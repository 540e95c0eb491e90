import type { Table } from '@lancedb/lancedb';
import type { Schema } from 'apache-arrow';
import { LikenessError } from '../base/errors.ts';
import type { Engine } from './load.ts';
import type { CheckedLanceOptions } from './options.ts';
import type { TableHandle } from './table.ts';
import type { TableWays } from './ways.ts';

export type Connection = Awaited<ReturnType<Engine['lancedb']['connect']>>;

/** What is looked for, and made where there is none and `dims` are given. */
export interface Wanted {
  engine: Engine;
  uri: string;
  /** The table and its database, for messages. */
  where: string;
  options: CheckedLanceOptions;
}

/** A table before it is known to be one of ours. */
export interface FoundTable {
  table: Table;
  schema: Schema;
  /** What was noted when it was made. */
  noted: string | undefined;
  ways(open: TableHandle): TableWays;
}

/** Who reads it may have named the table in a program or on the command line. */
export function noTable(where: string, cause?: unknown): LikenessError {
  return new LikenessError(
    'not-found',
    `There is no table ${where}. Look at the address; or make it, with dims, the values in a vector, or with \`likeness import <index> --to lancedb:<uri>\`.`,
    { cause },
  );
}
