import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ImageSearch } from '../../src/api/image-search.node.ts';
import { bearer, call, token } from '../support/api-server.ts';
import { root } from '../support/cli.ts';
import { makeIndex, unitVector } from '../support/index-folder.ts';
import { ask, openSocket, sendRaw } from '../support/raw-http.ts';

const ids = Array.from({ length: 2000 }, (_, n) => `p${n}`);

let folder: string;
let child: ChildProcess;
let port: number;
let url: string;
let reference: ImageSearch;
let complaints = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-api-load-'));
  await makeIndex(join(folder, 'index'), ids);
  await makeIndex(join(folder, 'same'), ids);
  reference = await ImageSearch.open({ store: `file:${join(folder, 'same')}`, network: 'lazy' });
  const args = ['serve', '--api', '--no-page', '-i', join(folder, 'index'), '--port', '0', '--log', 'faults'];
  child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LIKENESS_TOKEN: token },
  });
  child.stderr!.on('data', (text) => {
    complaints += text;
  });
  const [line] = await once(child.stdout!, 'data');
  port = Number(/http:\/\/localhost:(\d+)/.exec(String(line))![1]);
  url = `http://localhost:${port}/api`;
});
after(async () => {
  if (child?.exitCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await reference?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Resident memory of the server in MB. */
async function memory(): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

/** The server is the process that was started, and its answers are right. */
async function isRight(): Promise<void> {
  assert.equal(child.exitCode, null, complaints);
  for (const n of [3000, 3001]) {
    const answer = await call(`${url}/query?k=20`, {
      method: 'POST',
      body: unitVector(n),
      headers: { 'Content-Type': 'application/octet-stream' },
    });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body.hits, await reference.query(unitVector(n), { k: 20 }));
  }
}

const headOf = (...lines: string[]): string =>
  ['POST /api/query HTTP/1.1', `Host: localhost:${port}`, ...lines, '', ''].join('\r\n');

describe('a server of the search API under attack', { skip: process.platform !== 'linux' }, () => {
  test('holds bounded memory, and answers rightly afterwards', async () => {
    await isRight();
    const before = await memory();
    let most = before;
    let watching = true;
    const watch = (async () => {
      while (watching) {
        most = Math.max(most, await memory());
        await setTimeout(50);
      }
    })();
    const statuses = new Map<string, number>();
    const note = (what: string, status: number): void => {
      const key = `${what} ${status}`;
      statuses.set(key, (statuses.get(key) ?? 0) + 1);
    };

    // 200 bodies of 8 MiB that come to no end: 1.6 GiB, were they all held.
    const mebibyte = Buffer.alloc(1 << 20, 0x20);
    const large = Array.from({ length: 200 }, async () => {
      const socket = await openSocket(port);
      let answer = '';
      socket.on('data', (bytes) => {
        answer += String(bytes);
      });
      const closed = new Promise((done) => socket.once('close', done));
      socket.write(headOf('Content-Type: application/json', `Content-Length: ${8 << 20}`));
      for (let n = 0; n < 7 && !socket.destroyed && answer === ''; n++) {
        if (!socket.write(mebibyte))
          await Promise.race([new Promise((go) => socket.once('drain', go)), closed]);
      }
      await closed;
      note('endless', Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0));
    });
    // Garbage, wrong lengths, breaking off.
    const garbage = Array.from({ length: 300 }, async (_, n) => {
      const bodies = ['{"vector":[', '\u0000'.repeat(3000), '[]', '{"ids":["nobody"]}', '['.repeat(100_000)];
      const body = bodies[n % bodies.length]!;
      note(
        'garbage',
        (
          await sendRaw(
            port,
            `${headOf('Connection: close', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`)}${body}`,
          )
        ).status,
      );
    });
    const oversized = Array.from({ length: 50 }, async (_, n) => {
      const vector = new Float32Array(n % 2 === 0 ? 1_000_000 : 3_000_000);
      const answer = await call(`${url}/query`, {
        method: 'POST',
        body: vector,
        headers: { 'Content-Type': 'application/octet-stream' },
      }).catch(() => ({ status: 413 })); // closed while the rest was still being sent
      note(n % 2 === 0 ? 'long' : 'larger', answer.status);
    });
    const aborted = Array.from({ length: 300 }, async (_, n) => {
      const control = new AbortController();
      const asked = call(`${url}/query`, {
        json: { vector: [...unitVector(n)], k: 1000 },
        signal: control.signal,
      });
      await setTimeout(n % 30);
      control.abort();
      await asked.catch(() => {});
    });
    // Who asks for much and reads nothing.
    const deaf = await Promise.all(Array.from({ length: 60 }, () => openSocket(port)));
    for (const socket of deaf) {
      socket.pause();
      const request = `GET /api/entries?limit=1000 HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`;
      socket.write(request.repeat(40));
    }
    await Promise.all([...garbage, ...oversized, ...aborted]);
    // While slow bodies wait for their end, others are answered or told to come again.
    const meanwhile = await ask(port, '/api/health');
    assert.equal(meanwhile.status, 200);
    await Promise.all(large);
    for (const socket of deaf) socket.destroy();
    watching = false;
    await watch;
    console.log(
      `memory: ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most; ${[...statuses].map(([what, n]) => `${what}: ${n}`).join(', ')}`,
    );
    const allowed = /^(endless (408|503|0)|garbage (400|404|408|422|503)|long (422|503)|larger (413|503)) ?/;
    for (const what of statuses.keys()) {
      if (what === 'endless 0') continue; // reset while it was still sending
      assert.match(what, allowed);
    }
    assert.ok(
      (statuses.get('garbage 400') ?? 0) > 0 &&
        (statuses.get('long 422') ?? 0) + (statuses.get('long 503') ?? 0) === 25,
    );
    assert.ok((statuses.get('endless 408') ?? 0) > 0 && (statuses.get('endless 503') ?? 0) > 0);
    // Two cores that others use as well may need 20 seconds to take a body in: 408 is right then.
    // 128 MiB are held at most; what they were parsed to, and garbage that was not collected yet, come on top.
    assert.ok(most - before < 700, `${most} MB`);
    await isRight();
    const { body: metrics } = await call(`${url.slice(0, -4)}/metrics`);
    assert.match(metrics, /likeness_requests_running 0\n/);
    assert.match(metrics, /likeness_held_bytes 0\n/);
    assert.equal(complaints, '', 'nothing of it was the server’s own fault');
  });

  test('changes while it is asked: every answer is of one state', async () => {
    let done = false;
    let answers = 0;
    const reading = Array.from({ length: 8 }, async () => {
      while (!done) {
        const { status, body } = await call(`${url}/query`, { json: { ids: ['p7'], k: 30 } });
        assert.equal(status, 200);
        assert.equal(body.hits.length, 30);
        answers++;
      }
    });
    for (let n = 0; n < 20; n++) {
      const entries = [{ id: `new${n}`, vector: [...unitVector(n + 5000)] }];
      const added = await call(`${url}/add`, { json: { entries }, headers: bearer });
      assert.equal(added.status, 200);
      const { body } = await call(`${url}/query`, { json: { vector: entries[0]!.vector, k: 1 } });
      assert.deepEqual([body.hits[0].id, body.hits[0].distance], [`new${n}`, 0]);
      const gone = await call(`${url}/entries/new${n}`, { method: 'DELETE', headers: bearer });
      assert.deepEqual(gone.body, { removed: 1, size: ids.length });
    }
    done = true;
    await Promise.all(reading);
    assert.ok(answers > 20, String(answers));
    await isRight();
  });
});
