import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type ClientRequest, createServer, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { serveTree } from '../../../scripts/serve-tree.mjs';
import { commandLine } from './project.ts';

/** One answer of a site. */
export interface Served {
  path: string;
  status: number;
  body: Buffer;
  /** When its last byte was sent, in milliseconds since 1970. */
  at: number;
}

export interface Site {
  origin: string;
  /** What it has answered since it was opened. */
  served: Served[];
  close(): Promise<void>;
}

export interface SiteOptions {
  /** Sends COOP and COEP with every answer. */
  isolated?: boolean;
  /** A folder that answers `/pictures/…`. */
  pictures?: string;
  /** Allows pages of other origins to read it, as a CDN does. */
  open?: boolean;
  /** Default: any. */
  port?: number;
}

/** A server of files or a program's own server. */
export interface Upstream {
  origin: string;
  close(): Promise<void>;
}

export const serveFolder = (folder: string): Promise<Upstream> => serveTree(folder);

/** A static host: `sirv`, which a project has installed, over one of its folders. It answers ranges. */
export async function serveSirv(project: string, folder: string): Promise<Upstream> {
  const port = await freePort();
  return serveProgram(project, port, ['sirv', folder, '--port', `${port}`, '--host', 'localhost', '--quiet']);
}

/** Python's `http.server`, which answers no ranges. */
export async function servePython(folder: string): Promise<Upstream> {
  const port = await freePort();
  return serveProgram(folder, port, ['python3', '-m', 'http.server', `${port}`, '--bind', 'localhost']);
}

/**
 * Starts a program that listens on `port`, and waits until it answers.
 *
 * @param installed the folder whose `node_modules` has it
 */
export async function serveProgram(
  folder: string,
  port: number,
  [command, ...args]: readonly [string, ...string[]],
  variables: Record<string, string> = {},
  installed = folder,
): Promise<Upstream> {
  const { file, env } = commandLine(installed, command);
  const child = spawn(file, args, { cwd: folder, env: { ...env, ...variables } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const ended = once(child, 'exit');
  const origin = `http://localhost:${port}`;
  for (let attempt = 0; ; attempt++) {
    if (child.exitCode !== null || attempt === 300)
      throw new Error(`${command} does not answer on ${origin}:\n${output}`);
    const answer = await fetch(origin).catch(() => undefined);
    if (answer) break;
    await wait(100);
  }
  return {
    origin,
    async close() {
      child.kill();
      await ended;
    },
  };
}

/**
 * Puts a site in front of another: it adds the headers and pictures, and notes what was answered.
 */
export async function openSite(upstream: Upstream, options: SiteOptions): Promise<Site> {
  const served: Served[] = [];
  const { hostname, port } = new URL(upstream.origin);
  const added: Record<string, string> = {
    ...(options.isolated && {
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    }),
    ...(options.open && {
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    }),
  };
  const ask = (incoming: IncomingMessage): ClientRequest => {
    const { 'accept-encoding': _, ...headers } = incoming.headers; // bodies as they are
    return request({ hostname, port, path: incoming.url, method: incoming.method, headers });
  };
  const server = createServer(async (incoming, answer) => {
    const path = incoming.url!.split('?', 1)[0]!;
    const note = (status: number, body: Buffer) => served.push({ path, status, body, at: Date.now() });
    if (options.pictures && path.startsWith('/pictures/')) {
      const body = await readFile(join(options.pictures, path.slice('/pictures/'.length)));
      answer.writeHead(200, { ...added, 'content-type': 'image/*' }).end(body);
      return;
    }
    const outgoing = ask(incoming);
    outgoing.on('error', () => answer.destroy());
    outgoing.on('response', (response) => {
      answer.writeHead(response.statusCode!, { ...response.headers, ...added });
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => note(response.statusCode!, Buffer.concat(chunks)));
      response.pipe(answer);
    });
    incoming.pipe(outgoing);
  });
  // What a server of development tells its page.
  server.on('upgrade', ({ method, url, rawHeaders }, socket) => {
    const lines = [`${method} ${url} HTTP/1.1`];
    for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
    const other = connect(Number(port), hostname, () => other.write(`${lines.join('\r\n')}\r\n\r\n`));
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(options.port ?? 0);
  await once(server, 'listening');
  const address = server.address() as { port: number };
  return {
    origin: `http://localhost:${address.port}`,
    served,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
