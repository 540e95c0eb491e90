import type { Table } from '@lancedb/lancedb';
import type { RecordBatch } from 'apache-arrow';
import { LikenessError } from '../base/errors.ts';
import { Semaphore } from '../base/lock.ts';
import { addressError, mayBeThere } from './address.ts';
import { type Engine, loadEngine } from './load.ts';
import { type CheckedLanceOptions, isObjectStore } from './options.ts';
import { newSchema, type TableShape, tableShape } from './rows.ts';
import { storageError } from './storage-error.ts';

/** A table that is open. */
export interface OpenTable {
  engine: Engine;
  table: Table;
  shape: TableShape;
  /** For what reads all vectors: one scan takes all cores, and more at once take their memory each. */
  scans: Semaphore;
  /** Ends the connection. */
  close(): void;
}

const scansAtOnce = 2;

/** A call of LanceDB's, with its errors as ours. */
export async function engineCall<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, doing);
  }
}

/** The batches of an answer. An error of their reader is the reader's own. */
export async function* batchesOf(
  answer: AsyncIterable<RecordBatch>,
  doing: string,
): AsyncGenerator<RecordBatch> {
  const batches = answer[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await engineCall(doing, () => batches.next());
      if (done) return;
      yield value;
    }
  } finally {
    await batches.return?.();
  }
}

/**
 * Opens the table of a database, or makes it where there is none and `dims` says how long its vectors are.
 *
 * @throws LikenessError `no-backend`, `bad-argument`, `not-found`, `model-mismatch`, `bad-file`, `newer-format`, a storage
 *   code
 */
export async function openTable(uri: string, options: CheckedLanceOptions): Promise<OpenTable> {
  const engine = loadEngine();
  const where = `"${options.table}" in ${uri}`;
  if (!(await mayBeThere(uri)) && options.dims === undefined) throw noTable(where);
  const connection = await connect(engine, uri, options);
  try {
    const table = await openOrMake(engine, connection, where, options);
    const shape = tableShape(await table.schema(), where);
    checkSame(shape, where, options);
    return { engine, table, shape, scans: new Semaphore(scansAtOnce), close: () => connection.close() };
  } catch (error) {
    connection.close();
    throw addressError(error, uri) ?? storageError(error, `Opening the table ${where}`);
  }
}

/** Who reads it may have named the table in a program or on the command line. */
function noTable(where: string, cause?: unknown): LikenessError {
  return new LikenessError(
    'not-found',
    `There is no table ${where}. Look at the address; or make it, with dims, the values in a vector, or with \`likeness import <index> --to lancedb:<uri>\`.`,
    { cause },
  );
}

type Connection = Awaited<ReturnType<Engine['lancedb']['connect']>>;

/**
 * A request that failed is sent again for so many seconds. LanceDB's own three minutes are those of each of several rounds:
 * a call to a store that takes connections and never answers would last a quarter of an hour.
 */
const patience = { client_retry_timeout: '20', timeout: '20s' };

/** Where other tools of object stores find theirs, as LanceDB does. */
const endpointOfEnvironment = (): string | undefined =>
  process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL ?? process.env.AWS_ENDPOINT;

async function connect(
  { lancedb }: Engine,
  uri: string,
  { staleMs, endpoint, storageOptions }: CheckedLanceOptions,
): Promise<Connection> {
  try {
    return await lancedb.connect(uri, {
      readConsistencyInterval: staleMs / 1000,
      storageOptions: {
        ...(isObjectStore(uri) ? patience : {}),
        ...(endpoint === undefined ? {} : { endpoint }),
        // Else it refuses an endpoint without TLS, as a store on this machine has.
        ...(/^http:/i.test(endpoint ?? endpointOfEnvironment() ?? '') ? { allow_http: 'true' } : {}),
        ...storageOptions,
      },
    });
  } catch (error) {
    throw addressError(error, uri) ?? storageError(error, `Opening ${uri}`);
  }
}

async function openOrMake(
  { arrow }: Engine,
  connection: Connection,
  where: string,
  { table: name, dims, fingerprint }: CheckedLanceOptions,
): Promise<Table> {
  try {
    return await connection.openTable(name);
  } catch (error) {
    if (!/not found/i.test((error as Error).message)) throw error;
    if (dims === undefined) throw noTable(where, error);
  }
  const schema = newSchema(arrow, dims, { format: 1, fingerprint: fingerprint ?? null });
  // Another process may be making it at this moment: then that one is opened.
  const table = await connection.createEmptyTable(name, schema, { mode: 'create', existOk: true });
  // By it LanceDB notices that two processes add the same id at once, and repeats one of them.
  await table.setUnenforcedPrimaryKey('id').catch(() => {});
  return table;
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
