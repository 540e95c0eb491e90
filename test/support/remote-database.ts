// A server that speaks LanceDB's remote protocol, as its client does to `db://…`, over a folder of LanceDB on this machine:
// answers are the engine's. It keeps no metadata of schemas, has no primary keys, takes no columns but by an expression, and
// builds indices by itself, some time after it was asked: what a service may do, a client has to bear.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Connection, Index, Table, VectorQuery } from '@lancedb/lancedb';
import type { DataType, Schema } from 'apache-arrow';
import { loadEngine } from '../../src/lance/load.ts';
import { fileOfStream } from './arrow-file.ts';

/** What becomes of a request: a status that it fails with, no answer, half an answer, or a wait. */
export type RemoteFault = number | 'drop' | 'cut' | { waitMs: number } | undefined;

export interface RemoteRequest {
  /** `query`, `merge_insert`, `index/list` … */
  call: string;
  table: string;
  headers: IncomingMessage['headers'];
  /** JSON of the body, where that is what came. */
  body: Record<string, unknown>;
}

export interface RemoteDatabase {
  uri: string;
  host: string;
  apiKey: string;
  /** What was asked, in order. */
  asked: RemoteRequest[];
  /** Called for each request; `undefined` lets it through. */
  fault: (request: RemoteRequest) => RemoteFault;
  /** No answer has more rows. */
  mostRows: number;
  /** Whether `bypass_vector_index` is looked at. */
  keepsBypass: boolean;
  /** Whether `order_by` is looked at. */
  keepsOrder: boolean;
  /** Milliseconds between an index being asked for and its being there. */
  indexMs: number;
  /** A table as the engine has it. */
  table(name: string): Promise<Table>;
  close(): Promise<void>;
}

const name = 'shop';
const apiKey = 'sk_test';
const arrowFile = 'application/vnd.apache.arrow.file';

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Json = Record<string, unknown>;
interface Ask {
  table: string;
  body: Json;
  bytes: Buffer;
  query: URLSearchParams;
}

/** The parts of the client's native code that take bytes as they come, compressed as they may be. */
interface NativeTable {
  add(file: Buffer, mode: string): Promise<{ version: number }>;
  mergeInsert(on: string[]): NativeMerge;
}
interface NativeMerge {
  whenMatchedUpdateAll(): NativeMerge;
  whenNotMatchedInsertAll(): NativeMerge;
  execute(file: Buffer): Promise<{
    version: number;
    numInsertedRows: number;
    numUpdatedRows: number;
    numDeletedRows: number;
  }>;
}
const nativeOf = (table: Table): NativeTable => (table as unknown as { inner: NativeTable }).inner;

export async function startRemoteDatabase(): Promise<RemoteDatabase> {
  const { lancedb, arrow } = loadEngine();
  const folder = mkdtempSync(join(tmpdir(), 'likeness-remote-'));
  const connection: Connection = await lancedb.connect(folder, { readConsistencyInterval: 0 });
  const tables = new Map<string, Promise<Table>>();
  const building = new Set<Promise<unknown>>();

  function table(of: string): Promise<Table> {
    let there = tables.get(of);
    if (!there) {
      there = connection.openTable(of).catch((error) => {
        tables.delete(of);
        throw /not found/i.test(error.message) ? new Refused(404, `Table '${of}' was not found`) : error;
      });
      tables.set(of, there);
    }
    return there;
  }

  const calls: Record<string, (ask: Ask) => Promise<object | number | string | Uint8Array>> = {
    async describe(ask) {
      const there = await table(ask.table);
      return { version: await there.version(), table: ask.table, schema: schemaToJson(await there.schema()) };
    },
    async create(ask) {
      if ((await connection.tableNames()).includes(ask.table)) {
        throw new Refused(400, `Table ${ask.table} already exists`);
      }
      const { schema } = arrow.RecordBatchReader.from(ask.bytes).open();
      // No metadata: whoever keeps something there would lose it.
      await connection.createEmptyTable(ask.table, new arrow.Schema(schema.fields));
      return {};
    },
    async count_rows({ table: of, body }) {
      return (await table(of)).countRows((body.predicate as string | undefined) ?? undefined);
    },
    async query({ table: of, body }) {
      return arrow.tableToIPC(await (await queryOf(await table(of), understood(body))).toArrow(), 'file');
    },
    async explain_plan({ table: of, body }) {
      return (await queryOf(await table(of), understood(body.query as Json))).explainPlan(false);
    },
    async merge_insert({ table: of, bytes, query }) {
      const said = Object.fromEntries(query);
      if (
        said.on !== 'id' ||
        said.when_matched_update_all !== 'true' ||
        said.when_not_matched_insert_all !== 'true'
      ) {
        if (said.when_not_matched_insert_all !== 'true') throw new Refused(400, JSON.stringify(said));
      }
      let merge = nativeOf(await table(of)).mergeInsert([said.on!]);
      if (said.when_matched_update_all === 'true') merge = merge.whenMatchedUpdateAll();
      const done = await merge.whenNotMatchedInsertAll().execute(fileOfStream(bytes));
      return {
        version: done.version,
        num_inserted_rows: done.numInsertedRows,
        num_updated_rows: done.numUpdatedRows,
        num_deleted_rows: done.numDeletedRows,
      };
    },
    async delete({ table: of, body }) {
      const there = await table(of);
      const { numDeletedRows, version } = await there.delete(body.predicate as string);
      return { num_deleted_rows: numDeletedRows, version };
    },
    async add_columns({ table: of, body }) {
      const columns = body.new_columns as { name: string; expression?: string }[];
      if (columns.some(({ expression }) => expression === undefined)) {
        throw new Refused(400, 'columns are added by an expression');
      }
      const there = await table(of);
      const known = new Set((await there.schema()).fields.map((field) => field.name));
      if (columns.some((column) => known.has(column.name))) throw new Refused(400, 'a column is there');
      return there.addColumns(columns.map((one) => ({ name: one.name, valueSql: one.expression! })));
    },
    async create_index({ table: of, body }) {
      const there = await table(of);
      const column = body.column as string;
      const config = indexOf(body);
      const work = (async () => {
        await wait(database.indexMs);
        await there.createIndex(column, { config, replace: true });
      })().catch(() => {});
      building.add(work);
      work.finally(() => building.delete(work));
      return {};
    },
    async 'index/list'({ table: of }) {
      const indices = await (await table(of)).listIndices();
      return {
        indexes: indices.map(({ name: index_name, columns }) => ({
          index_name,
          index_uuid: index_name,
          columns,
          status: 'done',
        })),
      };
    },
  };

  const understood = (body: Json): Json => ({
    ...body,
    k: Math.min(body.k as number, database.mostRows),
    order_by: database.keepsOrder ? body.order_by : undefined,
    bypass_vector_index: database.keepsBypass && body.bypass_vector_index,
  });

  /** What the service tunes by itself, the test does: few parts, for few rows. */
  function indexOf({ index_type }: Json): Index {
    if (index_type === 'BTREE') return lancedb.Index.btree();
    if (index_type === 'IVF_HNSW_SQ') return lancedb.Index.hnswSq({ distanceType: 'l2', numPartitions: 4 });
    throw new Refused(400, `unknown index type ${index_type}`);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://remote');
    const [, version, kind, of = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const bytes = await bodyOf(request);
    const isJson = /json/.test(request.headers['content-type'] ?? '');
    const body = (isJson && bytes.length > 0 ? JSON.parse(bytes.toString()) : {}) as Json;
    const call = rest.filter(Boolean).join('/');
    const asked: RemoteRequest = { call, table: of, headers: request.headers, body };
    database.asked.push(asked);
    const fault = database.fault(asked);
    if (fault === 'drop') {
      request.socket.destroy();
      return;
    }
    try {
      if (typeof fault === 'number') throw new Refused(fault, `the test says ${fault}`);
      if (typeof fault === 'object') await wait(fault.waitMs);
      if (request.headers['x-api-key'] !== apiKey) throw new Refused(401, 'Unauthorized');
      if (request.headers['x-lancedb-database'] !== name) throw new Refused(404, 'no such database');
      const stats = /^index\/(.+)\/stats$/.exec(call)?.[1];
      const work =
        stats === undefined
          ? calls[call]
          : async () => {
              const found = await (await table(of)).indexStats(stats);
              if (!found) throw new Refused(404, 'no such index');
              return {
                num_indexed_rows: found.numIndexedRows,
                num_unindexed_rows: found.numUnindexedRows,
                index_type: found.indexType,
                ...(found.distanceType ? { distance_type: found.distanceType } : {}),
              };
            };
      if (version !== 'v1' || kind !== 'table' || !work) throw new Refused(404, `no ${url.pathname}`);
      const said = await work({ table: of, body, bytes, query: url.searchParams });
      const isArrow = said instanceof Uint8Array;
      const text = isArrow ? said : Buffer.from(JSON.stringify(said));
      response.writeHead(200, {
        'Content-Type': isArrow ? arrowFile : 'application/json',
        'Content-Length': text.length,
      });
      if (fault === 'cut') {
        response.write(text.subarray(0, Math.ceil(text.length / 2)));
        await wait(5);
        request.socket.destroy();
      } else response.end(text);
    } catch (error) {
      const status = error instanceof Refused ? error.status : 500;
      response.writeHead(status, { 'Content-Type': 'text/plain' });
      response.end((error as Error).message);
    }
  }

  const server: Server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const database: RemoteDatabase = {
    uri: `db://${name}`,
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey,
    asked: [],
    fault: () => undefined,
    mostRows: Number.POSITIVE_INFINITY,
    keepsBypass: true,
    keepsOrder: true,
    indexMs: 0,
    table,
    async close() {
      await new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
      await Promise.all(building);
      connection.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return database;
}

async function queryOf(table: Table, body: Json): Promise<ReturnType<Table['query']> | VectorQuery> {
  const vector = body.vector as number[];
  const plain = table.query();
  let query: ReturnType<Table['query']> | VectorQuery = plain;
  if (vector.length > 0) {
    const near = plain.nearestTo(Float32Array.from(vector)).distanceType(body.distance_type as 'l2');
    if (body.bypass_vector_index === true) near.bypassVectorIndex();
    if (typeof body.minimum_nprobes === 'number') near.nprobes(body.minimum_nprobes);
    if (typeof body.ef === 'number') near.ef(body.ef);
    query = near;
  }
  if (typeof body.filter === 'string') query.where(body.filter);
  if (Array.isArray(body.columns)) query.select(body.columns as string[]);
  if (Array.isArray(body.order_by)) {
    (query as ReturnType<Table['query']>).orderBy(
      (body.order_by as Json[]).map((one) => ({
        columnName: one.column_name as string,
        ascending: one.ascending as boolean,
        nullsFirst: one.nulls_first as boolean,
      })),
    );
  }
  if (typeof body.offset === 'number' && body.offset > 0) query.offset(body.offset);
  const k = body.k as number;
  if (k < Number.MAX_SAFE_INTEGER) query.limit(k);
  return query;
}

/** A schema in the JSON that the client reads. */
function schemaToJson(schema: Schema): object {
  return {
    fields: schema.fields.map(({ name: field, nullable, type }) => ({
      name: field,
      nullable,
      type: typeToJson(type),
    })),
  };
}

function typeToJson(type: DataType): object {
  const text = String(type);
  const list = /^FixedSizeList\[(\d+)\]<Float32>$/.exec(text);
  if (list) {
    return {
      type: 'fixed_size_list',
      length: Number(list[1]),
      fields: [{ name: 'item', nullable: true, type: { type: 'float' } }],
    };
  }
  const known: Record<string, string> = {
    Utf8: 'string',
    Float64: 'double',
    Float32: 'float',
    Bool: 'bool',
    Int8: 'int8',
  };
  const type_ = known[text];
  if (type_ === undefined) throw new Error(`The server of the test knows no ${text}.`);
  return { type: type_ };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
