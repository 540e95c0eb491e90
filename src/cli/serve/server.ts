import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LikenessError } from '../../base/errors.ts';
import type { ApiListener } from '../../server/listener.ts';
import { say } from '../print.ts';
import { hostFilter } from './hosts.ts';
import { shareModels } from './model-origins.ts';
import { sendText } from './send-body.ts';
import { isBusy, whenFilesAreFree } from './send-file.ts';
import type { Site } from './site.ts';

export interface ServerOptions {
  port: number;
  host: string;
  /** Further names that are answered. */
  allowHost?: readonly string[];
  /** Origins whose pages may ask the API, and load the models here. */
  cors?: readonly string[];
  /** Send COOP and COEP, which give the page threads. */
  isolation: boolean;
}

/** Times of a connection, in milliseconds. */
export interface Timeouts {
  /** From the first byte, or from the connection, to the end of the headers. */
  headers: number;
  /** The whole request; none has a body. */
  request: number;
  /** How often these two are checked. */
  check: number;
  /** Between two requests. */
  keepAlive: number;
  /** While nothing moves, because the receiver does not read. */
  idle: number;
  /** For answers under way when the server is stopped. */
  close: number;
}
const usual: Timeouts = {
  headers: 10_000,
  request: 20_000,
  check: 2_000,
  keepAlive: 5_000,
  idle: 120_000,
  close: 2_000,
};
/**
 * Of a server with the API: bodies come, a query may take a while, and a load balancer keeps its connections for a minute:
 * it must not meet one that closes.
 */
export const apiTimeouts: Timeouts = {
  ...usual,
  request: 30_000,
  keepAlive: 75_000,
  close: 30_000,
};
/** Each takes one of the files that a process may open (4096 on many machines), and its answer another. */
const maxConnections = 2000;
/** All lines of a request's head. */
const maxHeaderBytes = 16 << 10;

export interface RunningServer {
  /** Where a browser on this machine finds it. */
  url: string;
  /** Waits shortly for answers under way, then ends them. */
  close(): Promise<void>;
}

/** Serves a site to requests with a known host name. No request can end it. */
export async function startServer(
  site: Site,
  options: ServerOptions,
  api?: ApiListener,
  timeouts: Timeouts = api ? apiTimeouts : usual,
): Promise<RunningServer> {
  const isOurName = hostFilter(options.host, options.allowHost ?? []);
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      connectionsCheckingInterval: timeouts.check,
      keepAliveTimeout: timeouts.keepAlive,
    },
    (request, response) => {
      answer(request, response).catch((error: Error) => {
        say(`likeness: ${request.method} ${JSON.stringify(request.url)}: ${error.message}`);
        if (response.headersSent) response.destroy();
        else if (isBusy(error)) sendText(response, 503, 'Too many requests at once; ask again.\n');
        else sendText(response, 500, 'The server could not read that.\n');
      });
    },
  );
  const connections = new Connections(server);
  server.timeout = timeouts.idle;
  server.maxConnections = maxConnections;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setHeaders(response, site.pagePolicy, options.isolation);
    const { method = '', url = '', headers } = request;
    const hosts = request.rawHeaders.filter((name, n) => n % 2 === 0 && name.toLowerCase() === 'host');
    if (hosts.length > 1 || !isOurName(headers.host)) {
      response.setHeader('Connection', 'close');
      if (api?.takes(url)) sendUnknownHost(response);
      else sendText(response, 403, `${unknownHost}\n`);
      return;
    }
    if (api?.takes(url)) {
      response.setHeader('Content-Security-Policy', strictPolicy);
      await api.answer(request, response);
      return;
    }
    if (shareModels(request, response, options.cors ?? [])) return;
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      response.setHeader('Connection', 'close'); // a body is not waited for
      sendText(response, 405, 'Only GET and HEAD are answered.\n');
      return;
    }
    const path = pathOf(url);
    if (path === undefined) sendText(response, 400, 'The address is not well formed.\n');
    else {
      // A file that is no part of the page or its library must not act as a page.
      const isPage = path.length === 1 || path[0] === 'dist';
      if (!isPage) response.setHeader('Content-Security-Policy', strictPolicy);
      if (!(await whenFilesAreFree(response, () => site.answer(path, request, response)))) {
        response.setHeader('Content-Security-Policy', strictPolicy);
        sendText(response, 404, 'Not found\n');
      }
    }
  }

  await listen(server, options);
  server.on('error', (error) => say(`likeness: ${error.message}`));
  return {
    url: urlOf(server, options),
    close() {
      api?.stop();
      return close(server, connections, timeouts.close);
    },
  };
}

const unknownHost =
  'This server does not answer to that name. To allow it: likeness serve --allow-host <name>';

/** As the API says what is wrong. */
function sendUnknownHost(response: ServerResponse): void {
  response.statusCode = 403;
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ error: { code: 'unknown-host', message: unknownHost } }));
}

const strictPolicy =
  "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox";

function setHeaders(response: ServerResponse, pagePolicy: string, isolation: boolean): void {
  if (isolation) {
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  }
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Content-Security-Policy', `${pagePolicy}; frame-ancestors 'none'`);
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-cache');
}

/** The decoded parts of an address's path; `undefined` when it is not well formed. */
function pathOf(url: string): string[] | undefined {
  if (!url.startsWith('/')) return undefined;
  try {
    // A part with an encoded "/" would become another path.
    const parts = url.split('?', 1)[0]!.slice(1).split('/').map(decodeURIComponent);
    return parts.some((part) => /[/\0]/.test(part)) ? undefined : parts;
  } catch {
    return undefined;
  }
}

function listen(server: Server, { port, host }: ServerOptions): Promise<void> {
  return new Promise((listening, failed) => {
    const fail = (error: NodeJS.ErrnoException): void => failed(listenError(error, host, port));
    server.once('error', fail);
    // As in a URL, an IPv6 address may come in brackets.
    server.listen(port, host.replace(/^\[(.*)\]$/, '$1'), () => {
      server.off('error', fail);
      listening();
    });
  });
}

/** Why a server cannot listen, and what helps. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): LikenessError {
  const why: Record<string, string> = {
    EADDRINUSE: `Port ${port} is in use; choose another with --port (0 takes a free one).`,
    EACCES: `Port ${port} may not be used without an administrator's rights; choose one from 1024 on with --port.`,
    EADDRNOTAVAIL: `This machine does not have the address ${host}; wanted in --host: localhost, one of its addresses, or 0.0.0.0 for all.`,
    ENOTFOUND: `The name ${host} has no address; wanted in --host: localhost, one of this machine's addresses, or 0.0.0.0 for all.`,
  };
  why.EAI_AGAIN = why.ENOTFOUND!;
  const message = why[error.code ?? ''] ?? `The server cannot listen on ${host}:${port}: ${error.message}`;
  return new LikenessError('bad-argument', message, { cause: error });
}

function urlOf(server: Server, { host, port }: ServerOptions): string {
  const address = server.address();
  const listens = typeof address === 'object' && address ? address.port : port;
  const everywhere = ['', '0.0.0.0', '::', '[::]'].includes(host);
  const name = everywhere ? 'localhost' : host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `http://${name}:${listens}/`;
}

/** The connections of a server, and on which of them something is being answered. */
class Connections {
  readonly #busy = new Map<Socket, number>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#busy.set(socket, 0);
      socket.once('close', () => this.#busy.delete(socket));
    });
    server.on('request', ({ socket }, response) => {
      this.#busy.set(socket, (this.#busy.get(socket) ?? 0) + 1);
      response.once('close', () => {
        if (this.#busy.has(socket)) this.#busy.set(socket, this.#busy.get(socket)! - 1);
      });
    });
  }

  /** Also those on which nothing was asked yet, which `closeIdleConnections` takes for busy. */
  closeIdle(): void {
    for (const [socket, count] of this.#busy) {
      if (count > 0) continue;
      // What was sent last may still be on its way.
      if (socket.writableEnded) socket.destroy();
      else socket.end();
    }
  }
}

function close(server: Server, connections: Connections, timeoutMs: number): Promise<void> {
  return new Promise((closed) => {
    const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
    // A connection that has its answer would be kept.
    const sweep = setInterval(() => connections.closeIdle(), 50);
    server.close(() => {
      clearTimeout(timer);
      clearInterval(sweep);
      closed();
    });
    connections.closeIdle();
  });
}
