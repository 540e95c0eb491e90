import { LikenessError } from '../base/errors.ts';
import { Semaphore } from '../base/lock.ts';
import { addressError, mayBeThere } from './address.ts';
import { noTable, type Wanted } from './found-table.ts';
import { loadEngine } from './load.ts';
import { connectFiles, findInFiles } from './open-files.ts';
import { type CheckedLanceOptions, isService } from './options.ts';
import { connectService, findInService } from './remote/open.ts';
import { type TableShape, tableShape } from './rows.ts';
import { storageError } from './storage-error.ts';
import type { OpenTable } from './table.ts';

const scansAtOnce = 2;

/**
 * Opens the table of a database, or makes it where there is none and `dims` says how long its vectors are.
 *
 * @throws LikenessError `no-backend`, `bad-argument`, `not-found`, `model-mismatch`, `bad-file`, `newer-format`, a storage
 *   code
 */
export async function openTable(uri: string, options: CheckedLanceOptions): Promise<OpenTable> {
  const where = `"${options.table}" in ${uri}`;
  const wanted: Wanted = { engine: loadEngine(), uri, where, options };
  const [connect, find] = isService(uri) ? [connectService, findInService] : [connectFiles, findInFiles];
  if (!(await mayBeThere(uri)) && options.dims === undefined) throw noTable(where);
  const connection = await connect(wanted);
  try {
    const { table, schema, noted, ways } = await find(connection, wanted);
    const shape = tableShape(schema, noted, where);
    checkSame(shape, where, options);
    const open = { engine: wanted.engine, table, shape };
    return {
      ...open,
      ways: ways(open),
      scans: new Semaphore(scansAtOnce),
      close: () => connection.close(),
    };
  } catch (error) {
    connection.close();
    throw addressError(error, uri) ?? storageError(error, `Opening the table ${where}`);
  }
}

function checkSame(shape: TableShape, where: string, { dims, fingerprint }: CheckedLanceOptions): void {
  if (dims !== undefined && dims !== shape.dims) {
    throw new LikenessError(
      'model-mismatch',
      `The table ${where} holds vectors of ${shape.dims} values, not of ${dims}. Use the model that made it, or another table.`,
    );
  }
  checkFingerprint(shape, where, fingerprint);
}

/** @throws LikenessError `model-mismatch` with both names */
export function checkFingerprint({ note }: TableShape, where: string, fingerprint: string | undefined): void {
  if (fingerprint === undefined || fingerprint === note.fingerprint) return;
  throw new LikenessError(
    'model-mismatch',
    `The table ${where} was made with ${note.fingerprint ?? 'vectors of no named model'}, this is ${fingerprint}: features of two models cannot be compared. Use the model that made it, or another table.`,
  );
}
