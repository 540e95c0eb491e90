import { connect, type Socket } from 'node:net';

/** An answer as it came over the connection. */
export interface RawAnswer {
  status: number;
  /** By lower-case name. */
  headers: Map<string, string>;
  body: Buffer;
}

/** Opens a connection to a server; its errors are what a peer that breaks off looks like, and no fault here. */
export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, 'localhost');
  socket.on('error', () => {});
  await new Promise((done) => socket.once('connect', done).once('close', done));
  return socket;
}

/** Sends these very bytes and reads until the server closes. Nothing came: status 0. */
export async function sendRaw(port: number, text: string | Buffer): Promise<RawAnswer> {
  const socket = await openSocket(port);
  const parts: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => parts.push(bytes));
  const closed = new Promise((done) => socket.once('close', done));
  socket.write(text);
  await closed;
  return parseAnswer(Buffer.concat(parts));
}

export function parseAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf('\r\n\r\n');
  const [first = '', ...lines] = bytes.subarray(0, Math.max(0, end)).toString('latin1').split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(/^HTTP\/1\.[01] (\d+)/.exec(first)?.[1] ?? 0),
    headers: new Map(headers),
    body: end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 4),
  };
}

/** One request with these header lines besides, on a connection of its own. */
export function ask(
  port: number,
  target: string,
  { method = 'GET', host = `localhost:${port}`, lines = [] as string[] } = {},
): Promise<RawAnswer> {
  const hostLine = host === '' ? [] : [`Host: ${host}`];
  const head = [`${method} ${target} HTTP/1.1`, ...hostLine, 'Connection: close', ...lines].join('\r\n');
  return sendRaw(port, `${head}\r\n\r\n`);
}
