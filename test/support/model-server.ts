import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { root } from './cli.ts';

/** One answer for a file of the model. */
export interface Answered {
  file: string;
  /** First byte asked for. */
  from: number;
  status: number;
  /** Bytes of the body that were handed to the connection. */
  sent: number;
}

/** What an answer is to do other than to succeed. */
export interface Fault {
  status?: number;
  /** The connection is cut after so many bytes of the body. */
  cutAfter?: number;
  /** Ranges are not known: the whole file comes. */
  noRanges?: boolean;
  /** Another body. */
  body?: Uint8Array;
  /** Pause between pieces of 16 KiB. */
  pieceMs?: number;
}

export interface ModelServer {
  origin: string;
  /** Answers for files of the model since the last `reset`. */
  answers: Answered[];
  /** Most answers of the model under way at once since the last `reset`. */
  readonly maxAtOnce: number;
  /** Decides on each answer; `count` is how often the file was asked for before, since the last `reset`. */
  fault: (file: string, count: number) => Fault | undefined;
  /** Text put before dist/web/likeness-worker.js: a browser that lacks something. */
  workerPrelude: string;
  reset(): void;
  sentBytes(): number;
  close(): Promise<void>;
}

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
const pieceBytes = 16 * 2 ** 10;

/** A site with an empty page, the built library, and a model at /model/ whose delivery can be disturbed. */
export async function startModelServer(files: ReadonlyMap<string, Uint8Array>): Promise<ModelServer> {
  const counts = new Map<string, number>();
  let underWay = 0;
  let max = 0;

  const answerModel = async (
    file: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const count = counts.get(file) ?? 0;
    counts.set(file, count + 1);
    const fault = server.fault(file, count) ?? {};
    const bytes = fault.body ?? files.get(file);
    const range = fault.noRanges ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const from = Number(range ?? 0);
    const status = fault.status ?? (bytes ? (range ? 206 : 200) : 404);
    const answered: Answered = {
      file,
      from: Number(/\d+/.exec(request.headers.range ?? '0')?.[0]),
      status,
      sent: 0,
    };
    server.answers.push(answered);
    const body = status < 300 ? bytes!.subarray(from) : new TextEncoder().encode('no');
    response.writeHead(status, {
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
      'Content-Length': body.length,
      'Access-Control-Allow-Origin': '*',
      ...(status === 206 ? { 'Content-Range': `bytes ${from}-${bytes!.length - 1}/${bytes!.length}` } : {}),
    });
    underWay++;
    max = Math.max(max, underWay);
    const end = fault.cutAfter ?? body.length;
    let closed = false;
    const gone = once(response, 'close').then(() => {
      closed = true;
    });
    for (let at = 0; at < end && !closed; at += pieceBytes) {
      const piece = body.subarray(at, Math.min(end, at + pieceBytes));
      const drained = response.write(piece);
      answered.sent += piece.length;
      if (fault.pieceMs) await new Promise((resolve) => setTimeout(resolve, fault.pieceMs));
      else if (!drained && !closed) await Promise.race([once(response, 'drain'), gone]);
    }
    underWay--;
    if (end < body.length) response.destroy();
    else response.end();
  };

  const http = createServer((request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname;
    if (path.startsWith('/model/')) {
      if (request.method === 'OPTIONS') {
        response
          .writeHead(204, { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': 'range' })
          .end();
      } else void answerModel(path.slice('/model/'.length), request, response);
      return;
    }
    void (async () => {
      if (path === '/') {
        response.writeHead(200, { 'Content-Type': 'text/html' });
        response.end(
          '<!doctype html><link rel="icon" href="data:,"><title>delivery</title><input type="file" multiple>',
        );
        return;
      }
      const bytes = await readFile(join(root, path)).catch(() => undefined);
      const prelude = path === '/dist/web/likeness-worker.js' ? `${server.workerPrelude}\n` : '';
      response.writeHead(bytes ? 200 : 404, {
        'Content-Type': types[extname(path)] ?? 'application/octet-stream',
      });
      response.end(bytes && prelude ? Buffer.concat([Buffer.from(prelude), bytes]) : bytes);
    })();
  });
  const server: ModelServer = {
    origin: '',
    answers: [],
    get maxAtOnce() {
      return max;
    },
    fault: () => undefined,
    workerPrelude: '',
    reset() {
      server.answers = [];
      server.fault = () => undefined;
      server.workerPrelude = '';
      counts.clear();
      max = 0;
    },
    sentBytes: () => server.answers.reduce((sum, { sent }) => sum + sent, 0),
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.origin = `http://localhost:${(http.address() as AddressInfo).port}`;
  return server;
}
