// A static index behind real servers: one with ranges, and Python's, which has none.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import send from '@fastify/send';
import { ensurePython } from '../../scripts/python.mjs';
import { ImageSearch } from '../../src/api/image-search.node.ts';
import { FlatIndex } from '../../src/knn/flat-index.ts';
import { StaticIndex } from '../../src/static-index/search.ts';
import { withFolder } from '../support/cli.ts';
import { seeded } from '../support/random.ts';
import { encodeAll, madePictures, oddNames } from '../support/static-decode.ts';
import { MemoryCaches } from '../support/static-server.ts';

const d = 512;
const names = [...oddNames, ...Array.from({ length: 480 }, (_, row) => `photos/${row}.jpg`)];
const made = madePictures(names.length, d, { id: (row) => names[row]! });
const sorted = [...names].sort((a, b) => (a < b ? -1 : 1));
const search = { fingerprint: 'f'.repeat(64), model: { folder: null, bytes: 0 }, lib: 'lib-0123456789ab/' };

function queryOf(seed: number): Float32Array {
  const random = seeded(seed);
  const own = made.vectors.subarray(seed * d, (seed + 1) * d);
  const values = own.map((x) => Math.max(0, x + 0.02 * (random() - 0.5)));
  const length = Math.hypot(...values);
  return values.map((x) => x / length);
}

interface Served {
  url: string;
  /** Bytes that were sent of files of rows, where they are counted. */
  sent: { bytes: number };
  end(): void;
}

const withRanges = async (folder: string): Promise<Served> => {
  const sent = { bytes: 0 };
  const server: Server = createServer(async (request, response) => {
    const { statusCode, headers, stream } = await send(request, request.url!, { root: folder });
    if (request.url!.includes('/rows-')) sent.bytes += Number(headers['Content-Length']);
    response.writeHead(statusCode, headers);
    stream.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const end = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/likeness/`, sent, end };
};

const withPython = async (folder: string): Promise<Served> => {
  const args = ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', folder];
  const server: ChildProcess = spawn(ensurePython(), args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  for await (const part of server.stdout!) {
    said += part;
    if (said.includes('\n')) break;
  }
  const port = /port (\d+)/.exec(said)![1];
  return { url: `http://127.0.0.1:${port}/likeness/`, sent: { bytes: 0 }, end: () => void server.kill() };
};

describe('a static index on a server', () => {
  let folder: string;
  let end: () => void;
  let finished: Promise<void>;
  let known: ImageSearch;

  before(async () => {
    await new Promise<void>((ready, failed) => {
      finished = withFolder(async (path) => {
        folder = path;
        await mkdir(join(path, 'likeness'));
        const files = await encodeAll({ ...made, k: 12, base: '/', root: '../', smallSize: 240, search });
        for (const [name, bytes] of files) await writeFile(join(path, 'likeness', name), bytes);
        known = await ImageSearch.open();
        const rows = new Map(names.map((name, row) => [name, row]));
        await known.add(
          sorted.map((id) => {
            const row = rows.get(id)!;
            return { id, vector: made.vectors.slice(row * d, (row + 1) * d) };
          }),
        );
        await new Promise<void>((done) => {
          end = done;
          ready();
        });
        await known.close();
      });
      finished.catch(failed);
    });
  });
  after(async () => {
    end?.();
    await finished;
  });

  for (const [what, serve] of Object.entries({ 'with ranges': withRanges, 'Python’s': withPython })) {
    test(`${what}: the answers of ImageSearch, to the last bit; nothing is asked for twice`, async () => {
      const { url, sent, end } = await serve(folder);
      const caches = new MemoryCaches();
      try {
        const index = await StaticIndex.open({ folder: url, FlatIndex, caches });
        const check = async (from: StaticIndex): Promise<void> => {
          for (const seed of [0, 7, 100, 499]) {
            for (const k of [1, 12, 30]) {
              const hits = await known.query(queryOf(seed), { k });
              const found = await from.query(queryOf(seed), { k });
              assert.deepEqual(
                found.map(({ row, distance }) => ({ id: sorted[row]!, distance })),
                hits.map(({ id, distance }) => ({ id, distance })),
              );
              const records = await from.records(found.map(({ row }) => row));
              assert.deepEqual(
                records.map(({ id }) => id),
                hits.map(({ id }) => id),
              );
            }
          }
        };
        await check(index);
        // A part of the pictures: as many as are wanted, where there are so many.
        const isSome = (id: string): boolean => /[37]/.test(id);
        for (const [test, count] of [
          [isSome, 12],
          [(id: string) => id === sorted[4], 1],
          [() => false, 0],
        ] as const) {
          const hits = await known.query(queryOf(7), { k: 12, filter: test });
          const found = await index.query(queryOf(7), { k: 12, test });
          assert.equal(found.length, count);
          assert.deepEqual(
            found.map(({ row, distance }) => ({ id: sorted[row]!, distance })),
            hits.map(({ id, distance }) => ({ id, distance })),
          );
        }
        const { bytes } = sent;
        const all = 4 * d * names.length;
        if (what === 'with ranges') assert.ok(bytes > 0 && bytes < all, `${bytes} of ${all} bytes`);
        await check(index);
        assert.equal(sent.bytes, bytes);
        await index.settled();
        index.close();
        end();
        const offline = await StaticIndex.open({ folder: url, FlatIndex, caches });
        await check(offline);
        offline.close();
      } finally {
        end();
      }
    });
  }
});
