// An object store that speaks S3, on this machine: s3rver from npm, which checks signatures, behind a front that makes it
// as strict as stores are and that counts, delays and breaks requests.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as send,
} from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { root } from './cli.ts';

const run = promisify(execFile);
const version = '5.0.0';

/** Keys that the store knows. */
export const storeKeys = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' } as const;

/** What is asked of a store. */
export interface StoreRequest {
  method: string;
  /** With the query, if there is one. */
  path: string;
}

/** What becomes of a request before the store sees it: a status that it fails with, no answer at all, or a wait. */
export type Fault = number | 'drop' | { waitMs: number } | undefined;

export interface Traffic {
  /** Of each kind: `GET`, `LIST`, `PUT`, `HEAD`, `POST`, `DELETE`. */
  requests: Record<string, number>;
  /** Bytes of bodies that the store sent. */
  sent: number;
  received: number;
}

export interface ObjectStore {
  endpoint: string;
  bucket: string;
  /** Called for each request; `undefined` lets it through. */
  fault: (request: StoreRequest) => Fault;
  /** What was asked since this was called last. */
  taken(): Traffic;
  /** Nobody listens until `revive`. */
  die(): Promise<void>;
  revive(): Promise<void>;
  close(): Promise<void>;
}

interface S3rver {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}

async function install(): Promise<string> {
  const folder = join(root, 'build/object-store', version);
  if (existsSync(join(folder, '.done'))) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, dependencies: { '@20minutes/s3rver': version } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const windows = process.platform === 'win32';
  await run(windows ? 'npm.cmd' : 'npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], {
    cwd: folder,
    shell: windows,
  });
  writeFileSync(join(folder, '.done'), '');
  return folder;
}

export async function startObjectStore(): Promise<ObjectStore> {
  const require = createRequire(join(await install(), 'package.json'));
  const Rver = require('@20minutes/s3rver') as new (options: object) => S3rver;
  const directory = mkdtempSync(join(tmpdir(), 'likeness-s3-'));
  const bucket = 'shop';
  const behind = new Rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket }],
  });
  const { port: storePort } = await behind.run();

  let traffic: Traffic = { requests: {}, sent: 0, received: 0 };
  const turns = new Turns();
  const store: ObjectStore = {
    endpoint: '',
    bucket,
    fault: () => undefined,
    taken() {
      const now = traffic;
      traffic = { requests: {}, sent: 0, received: 0 };
      return now;
    },
    die: () => end(server),
    async revive() {
      server = await listen(port);
    },
    async close() {
      await end(server);
      await behind.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    const isList = method === 'GET' && /^\/[^/?]+\/?\?/.test(path);
    const kind = isList ? 'LIST' : method;
    traffic.requests[kind] = (traffic.requests[kind] ?? 0) + 1;
    const body = await bodyOf(request);
    traffic.received += body.length;
    const fault = store.fault({ method, path });
    if (fault === 'drop') {
      request.socket.destroy();
      return;
    }
    if (typeof fault === 'number') {
      const codes: Record<number, string> = { 403: 'AccessDenied', 503: 'SlowDown' };
      refuse(response, fault, codes[fault] ?? 'InternalError');
      return;
    }
    if (fault) await wait(fault.waitMs);
    // What the store says is taken whole before it is passed on: a client that reads slowly must not keep writers waiting.
    const from = await turns.run(method !== 'GET' && method !== 'HEAD', async () => {
      // S3 takes a PUT with `If-None-Match: *` only where there is nothing of that name. s3rver passes over the header.
      if (method === 'PUT' && request.headers['if-none-match'] === '*') {
        const there = await ask(storePort, 'HEAD', new URL(path, 'http://store').pathname, {});
        if (there.status === 200) return undefined;
      }
      const { 'transfer-encoding': _, ...headers } = request.headers;
      return ask(storePort, method, path, headers, body);
    });
    if (!from) {
      refuse(response, 412, 'PreconditionFailed');
      return;
    }
    traffic.sent += from.body.length;
    response.writeHead(from.status, from.headers);
    response.end(from.body);
  }

  function listen(at: number): Promise<Server> {
    const made = createServer((request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
    return new Promise((ready) => made.listen(at, '127.0.0.1', () => ready(made)));
  }

  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  store.endpoint = `http://127.0.0.1:${port}`;
  return store;
}

/** Changes one by one, and none beside readers, in the order of coming: an object of S3 is there as a whole or not at all. */
class Turns {
  readonly #queue: { isChange: boolean; begin(): void }[] = [];
  #readers = 0;
  #changes = 0;

  async run<T>(isChange: boolean, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.#queue.push({ isChange, begin });
      this.#next();
    });
    try {
      return await work();
    } finally {
      if (isChange) this.#changes--;
      else this.#readers--;
      this.#next();
    }
  }

  #next(): void {
    for (let first = this.#queue[0]; first; first = this.#queue[0]) {
      if (this.#changes > 0 || (first.isChange && this.#readers > 0)) return;
      this.#queue.shift();
      if (first.isChange) this.#changes++;
      else this.#readers++;
      first.begin();
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

function ask(
  port: number,
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
  body?: Buffer,
): Promise<Answer> {
  return new Promise((done, failed) => {
    const asked = send({ host: '127.0.0.1', port, method, path, headers }, (from) => {
      bodyOf(from).then(
        (bytes) => done({ status: from.statusCode!, headers: from.headers, body: bytes }),
        failed,
      );
    });
    asked.once('error', failed);
    asked.end(body);
  });
}

function refuse(response: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  response.writeHead(status, {
    'Content-Type': 'application/xml',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

function end(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
