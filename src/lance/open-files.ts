import type { Table } from '@lancedb/lancedb';
import { addressError } from './address.ts';
import { FileWays } from './file-ways.ts';
import { type Connection, type FoundTable, noTable, type Wanted } from './found-table.ts';
import { isObjectStore } from './options.ts';
import { newSchema, noteKey } from './rows.ts';
import { storageError } from './storage-error.ts';

/**
 * A request that failed is sent again for so many seconds. LanceDB's own three minutes are those of each of several rounds:
 * a call to a store that takes connections and never answers would last a quarter of an hour.
 */
const patience = { client_retry_timeout: '20', timeout: '20s' };

/** Where other tools of object stores find theirs, as LanceDB does. */
const endpointOfEnvironment = (): string | undefined =>
  process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL ?? process.env.AWS_ENDPOINT;

/** A folder or an object store. */
export async function connectFiles({ engine, uri, options }: Wanted): Promise<Connection> {
  const { staleMs, endpoint, storageOptions } = options;
  try {
    return await engine.lancedb.connect(uri, {
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

export async function findInFiles(connection: Connection, wanted: Wanted): Promise<FoundTable> {
  const table = await openOrMake(connection, wanted);
  const schema = await table.schema();
  return { table, schema, noted: schema.metadata.get(noteKey), ways: (open) => new FileWays(open) };
}

async function openOrMake(
  connection: Connection,
  { engine: { arrow }, where, options: { table: name, dims, fingerprint } }: Wanted,
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
