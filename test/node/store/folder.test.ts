import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { IndexStore } from '../../../src/store/index-store.ts';
import { lockFolder } from '../../../src/store/media/lock.node.ts';
import { deleteIndex } from '../../../src/store/media/open-store.node.ts';
import { httpStore } from '../../../src/store/media/store.http.ts';
import { FolderStore } from '../../../src/store/media/store.node.ts';
import { withFolder } from '../../support/cli.ts';
import { applied, assertState, empty, info, randomChanges, vectorOf } from '../../support/store-model.ts';

const d = 16;

describe('FolderStore', () => {
  test('a hundred changes, another object reads along, all is there again', () =>
    withFolder(async (folder) => {
      const index = await IndexStore.open(new FolderStore(folder), { create: info(d) });
      const reader = await IndexStore.open(new FolderStore(folder));
      let state = empty;
      for (let n = 0; n < 100; n++) {
        await index.append(randomChanges(n, d));
        state = applied(state, randomChanges(n, d));
        if (n % 30 === 20) await index.compact();
        if (n % 7 === 0) {
          await reader.refresh();
          await assertState(reader, state, `after ${n}`);
        }
      }
      await index.close();
      await reader.close();
      const again = await IndexStore.open(new FolderStore(folder));
      await assertState(again, state);
      await again.close();
      assert.equal((await readdir(folder)).length, 1, 'the lock and old files are gone');
    }));

  test('opening reads no rows', () =>
    withFolder(async (folder) => {
      const index = await IndexStore.open(new FolderStore(folder), { create: info(1024) });
      for (let from = 0; from < 2000; from += 500) {
        await index.append(
          Array.from({ length: 500 }, (_, n) => ({ id: `${from + n}`, vector: vectorOf(from + n, 1024) })),
        );
      }
      await index.compact();
      await index.close();
      const store = new FolderStore(folder);
      let read = 0;
      const openFile = store.open.bind(store);
      store.open = async (name, mode) => {
        const file = await openFile(name, mode);
        const plain = file.read.bind(file);
        file.read = async (at, into) => {
          read += into.length;
          return plain(at, into);
        };
        return file;
      };
      const again = await IndexStore.open(store);
      assert.equal(again.entries.length, 2000);
      assert.ok(read < 2000 * 64, `${read} bytes were read of ${again.byteLength}`);
      await again.close();
    }));
});

/** A process that holds the lock of a folder until its input ends. */
async function holdLock(folder: string): Promise<{ kill(): Promise<void> }> {
  const child = spawn(
    process.execPath,
    ['-e', 'process.stdin.resume(); process.stdin.on("end", () => process.exit())'],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  );
  const startText = await readFile(`/proc/${child.pid}/stat`, 'utf8').catch(() => undefined);
  const started = startText?.slice(startText.lastIndexOf(')') + 2).split(' ')[19];
  await writeFile(
    join(folder, 'lock'),
    JSON.stringify({ host: hostname(), pid: child.pid, started, token: 'other' }),
  );
  return {
    kill: () =>
      new Promise((done) => {
        child.on('exit', () => done());
        child.kill('SIGKILL');
      }),
  };
}

describe('lockFolder', () => {
  test('has one holder; a lock whose process was killed is taken over', () =>
    withFolder(async (folder) => {
      const mine = await lockFolder(folder);
      assert.ok(mine);
      assert.equal(await lockFolder(folder), undefined);
      await mine.release();
      const other = await holdLock(folder);
      assert.equal(await lockFolder(folder), undefined);
      await other.kill();
      const taken = await lockFolder(folder);
      assert.ok(taken);
      await taken.check();
      await writeFile(join(folder, 'lock'), JSON.stringify({ token: 'x', pid: 1, host: 'elsewhere' }));
      await assert.rejects(taken.check(), { code: 'locked' });
      assert.equal(await lockFolder(folder), undefined, 'a lock of another host is respected');
    }));

  test('of many that find it stale, one gets it', () =>
    withFolder(async (folder) => {
      for (let round = 0; round < 30; round++) {
        await writeFile(
          join(folder, 'lock'),
          JSON.stringify({ host: hostname(), pid: process.pid, started: 'another time', token: 'old' }),
        );
        const locks = await Promise.all(Array.from({ length: 8 }, () => lockFolder(folder)));
        const holders = locks.filter((lock) => lock !== undefined);
        const good = await Promise.allSettled(holders.map((lock) => lock.check()));
        assert.equal(good.filter(({ status }) => status === 'fulfilled').length, 1);
        for (const lock of holders) await lock.release();
      }
    }));

  test('an unreadable lock is stale', () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, 'lock'), '{"host":"here","pid":');
      const lock = await lockFolder(folder);
      assert.ok(lock);
      await lock.release();
      assert.deepEqual(await readdir(folder), []);
    }));
});

/** Serves a file, with ranges or without; counts the bytes. */
async function served<T>(
  bytes: Uint8Array,
  ranges: boolean,
  body: (url: string, sent: () => number) => Promise<T>,
  { breaksFirst = false, hidesSize = false } = {},
): Promise<T> {
  let sent = 0;
  const broken = new Set<string>();
  const server = createServer((request, response) => {
    if (request.url !== '/index.likeness') {
      response.statusCode = 404;
      response.end();
      return;
    }
    const range = ranges ? /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') : null;
    const from = range ? Number(range[1]) : 0;
    const to = range ? Math.min(Number(range[2]) + 1, bytes.length) : bytes.length;
    if (range) {
      response.statusCode = 206;
      // Another origin has to allow that a page reads this header.
      if (!hidesSize) response.setHeader('Content-Range', `bytes ${from}-${to - 1}/${bytes.length}`);
    }
    sent += to - from;
    const asked = `${to}`;
    if (breaksFirst && !broken.has(asked)) {
      broken.add(asked);
      response.setHeader('Content-Length', to - from);
      response.write(bytes.subarray(from, (from + to) / 2), () => response.destroy());
      return;
    }
    response.end(bytes.subarray(from, to));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  try {
    return await body(`http://127.0.0.1:${port}/index.likeness`, () => sent);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('the generations of an index are deleted by number, the oldest first', () =>
  withFolder(async (folder) => {
    const { remove } = FolderStore.prototype;
    const removed: string[] = [];
    FolderStore.prototype.remove = function (name) {
      removed.push(name);
      return remove.call(this, name);
    };
    try {
      for (const n of [100, 9, 10]) await writeFile(join(folder, `index-${n}.likeness`), '');
      await deleteIndex(`file:${folder}`);
    } finally {
      FolderStore.prototype.remove = remove;
    }
    assert.deepEqual(removed, ['index-9.likeness', 'index-10.likeness', 'index-100.likeness']);
  }));

describe('httpStore', () => {
  for (const ranges of [true, false]) {
    test(ranges ? 'fetches what it needs' : 'fetches all where the server has no ranges', () =>
      withFolder(async (folder) => {
        const index = await IndexStore.open(new FolderStore(folder), { create: info(256) });
        const changes = Array.from({ length: 500 }, (_, n) => ({ id: `${n}`, vector: vectorOf(n, 256) }));
        await index.append(changes);
        await index.compact();
        await index.close();
        const [name] = await readdir(folder);
        const path = join(folder, name!);
        await served(await readFile(path), ranges, async (url, sent) => {
          const remote = await IndexStore.open(httpStore(url));
          assert.equal(remote.entries.length, 500);
          const opened = sent();
          if (ranges) assert.ok(opened < 100_000, `${opened} of ${(await stat(path)).size} bytes`);
          const row = new Float32Array(256);
          await remote.readRows([remote.entries[321]!], row);
          assert.deepEqual([...row], [...vectorOf(321, 256)]);
          await assertState(remote, applied(empty, changes));
          await assert.rejects(remote.append(changes), { code: 'read-only' });
          await assert.rejects(IndexStore.open(httpStore(`${url}x`)), { code: 'not-found', message: /404/ });
        });
      }),
    );
  }

  test('a connection that breaks is made again; a server may hide how long the file is', () =>
    withFolder(async (folder) => {
      const index = await IndexStore.open(new FolderStore(folder), { create: info(256) });
      const changes = Array.from({ length: 300 }, (_, n) => ({ id: `${n}`, vector: vectorOf(n, 256) }));
      await index.append(changes);
      await index.close();
      const [name] = await readdir(folder);
      const file = await readFile(join(folder, name!));
      const read = async (url: string): Promise<void> => {
        const remote = await IndexStore.open(httpStore(url));
        const rows = new Float32Array(2 * 256);
        await remote.readRows([remote.entries[7]!, remote.entries[299]!], rows);
        assert.deepEqual([...rows], [...vectorOf(7, 256), ...vectorOf(299, 256)]);
      };
      await served(file, true, read, { breaksFirst: true });
      await served(file, true, read, { hidesSize: true });
    }));
});
