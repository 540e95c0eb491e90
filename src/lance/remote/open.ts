import type { Table } from '@lancedb/lancedb';
import { LikenessError } from '../../base/errors.ts';
import { type Connection, type FoundTable, noTable, type Wanted } from '../found-table.ts';
import { newSchema, tableColumns } from '../rows.ts';
import { storageError } from '../storage-error.ts';
import { Notes, notesTable } from './notes.ts';
import { ServiceWays } from './ways.ts';

/**
 * Seconds, where the environment does not say otherwise. LanceDB's own wait is five minutes for an answer, three times.
 */
const patience = { connectTimeout: 10, readTimeout: 60 };
const fromEnvironment = {
  connectTimeout: 'LANCE_CLIENT_CONNECT_TIMEOUT',
  readTimeout: 'LANCE_CLIENT_READ_TIMEOUT',
} as const;

/** LanceDB Cloud or Enterprise. */
export async function connectService({ engine, uri, options }: Wanted): Promise<Connection> {
  const apiKey = options.apiKey ?? process.env.LANCEDB_API_KEY;
  const region = options.region ?? process.env.LANCEDB_REGION;
  const hostOverride = options.hostOverride ?? process.env.LANCEDB_HOST_OVERRIDE;
  if (!apiKey) {
    throw new LikenessError(
      'storage-denied',
      `Opening ${uri} needs a key of LanceDB's service. Set LANCEDB_API_KEY, or give apiKey.`,
    );
  }
  const timeoutConfig = Object.fromEntries(
    Object.entries(patience).filter(
      ([name]) => process.env[fromEnvironment[name as keyof typeof patience]] === undefined,
    ),
  );
  try {
    return await engine.lancedb.connect(uri, {
      apiKey,
      ...(region ? { region } : {}),
      ...(hostOverride ? { hostOverride: hostOverride.replace(/\/+$/, '') } : {}),
      readConsistencyInterval: options.staleMs / 1000,
      clientConfig: { timeoutConfig },
    });
  } catch (error) {
    throw storageError(error, `Opening ${uri}`);
  }
}

export async function findInService(connection: Connection, wanted: Wanted): Promise<FoundTable> {
  const { engine, where, options } = wanted;
  const { table, isNew } = await openOrMake(connection, wanted);
  const schema = await table.schema();
  const mayMake = tableColumns(schema, where).dims === options.dims;
  const notes = await Notes.open(connection, engine, notesTable(options.table), mayMake);
  const own = JSON.stringify({ format: 1, fingerprint: options.fingerprint ?? null });
  if (isNew) await notes!.write({ table: own });
  const noted = notes && (await notedOf(notes, table, mayMake ? own : undefined));
  return {
    table,
    schema,
    noted,
    // Without notes it is none of ours, and refused before this is called.
    ways: (open) => new ServiceWays(open, notes!, options.staleMs),
  };
}

async function openOrMake(
  connection: Connection,
  { engine: { arrow }, where, options: { table: name, dims, fingerprint } }: Wanted,
): Promise<{ table: Table; isNew: boolean }> {
  try {
    return { table: await connection.openTable(name), isNew: false };
  } catch (error) {
    if (!/not found/i.test((error as Error).message)) throw error;
    if (dims === undefined) throw noTable(where, error);
  }
  const schema = newSchema(arrow, dims, { format: 1, fingerprint: fingerprint ?? null });
  try {
    // Only one of several processes makes it: that one says of which model it is.
    return { table: await connection.createEmptyTable(name, schema, { mode: 'create' }), isNew: true };
  } catch (error) {
    if (!/already exists/i.test((error as Error).message)) throw error;
    return { table: await connection.openTable(name), isNew: false };
  }
}

/** Whoever has made the table notes at once what it is. */
const notedWithinMs = 5000;

/** @param own noted where a process was killed between making the table and noting what it is */
async function notedOf(notes: Notes, table: Table, own: string | undefined): Promise<string | undefined> {
  for (const started = Date.now(); ; ) {
    const text = (await notes.read()).get('table');
    if (text !== undefined || own === undefined) return text;
    // Rows come after the note.
    if ((await table.countRows()) > 0) return undefined;
    if (Date.now() - started > notedWithinMs) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await notes.write({ table: own });
  return own;
}
