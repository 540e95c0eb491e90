import type { ReadStream } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname, extname, isAbsolute, relative, sep } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import send from '@fastify/send';
import { usableRange } from './range.ts';
import { sendBody, sendText } from './send-body.ts';

/** Where a path leads: to a plain file inside the folder, to one outside of it, or to nothing that can be sent. */
export type Found = { real: string; inside: boolean } | undefined;

/** Codes of files that are not there, or not for us. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'ENAMETOOLONG', 'EINVAL']);
const isAbsent = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return absent.has(code) || code === 'ERR_INVALID_ARG_VALUE'; // a zero byte in the path
};

/** Follows all links of a path below `folder`. */
export async function findFile(path: string, folder: string): Promise<Found> {
  try {
    const [real, root] = await Promise.all([realpath(path), realpath(folder)]);
    if (!(await stat(real)).isFile()) return undefined;
    const way = relative(root, real);
    return { real, inside: way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way) };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Resolves to false when the file is gone. */
const opened = (stream: ReadStream): Promise<boolean> =>
  new Promise((done, failed) => {
    stream.once('open', () => done(true));
    stream.once('error', (error) => (isAbsent(error) ? done(false) : failed(error)));
  });

/** Waiting for another answer to close its file, when the process may open no more; all in all ten seconds. */
const waitMs = 100;
const attempts = 100;

/** Whether too many files are open. */
export const isBusy = (error: unknown): boolean =>
  ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Runs `work`, again while the process has too many files open and nothing was sent. */
export async function whenFilesAreFree<T>(response: ServerResponse, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || attempt === attempts || response.headersSent || response.destroyed) throw error;
      await setTimeout(waitMs);
    }
  }
}

/** The first bytes of a file, at most `max`; none when it is gone. */
export async function beginningOf(path: string, max: number): Promise<Uint8Array> {
  const file = await open(path, 'r').catch((error) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (!file) return new Uint8Array();
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(max), 0, max, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Answers with a file: ranges, conditional requests and dates are the sender's business. Resolves to false, with nothing
 * sent, when it is gone.
 *
 * @param real a path without links, to a plain file
 * @param type its media type; left out, that of its ending
 */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  real: string,
  type: string = typeOf(real),
): Promise<boolean> {
  const info = await stat(real).catch((error) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (!info?.isFile()) return false;
  const { range, 'if-range': ifRange, ...rest } = request.headers;
  // A range is asked for with GET only.
  const usable =
    request.method === 'GET'
      ? usableRange(range, headerText(ifRange), info.size, info.mtime.toUTCString())
      : undefined;
  const headers = usable === undefined ? rest : { ...rest, range: usable };
  // The sender reads these two of a request.
  const asked = { method: request.method, headers } as IncomingMessage;
  const answer = await send(asked, `/${encodeURIComponent(basename(real))}`, {
    root: dirname(real),
    dotfiles: 'allow', // which files may be sent was decided before
    index: false,
    cacheControl: false,
    contentType: false,
  });
  const { statusCode, stream } = answer;
  if (answer.type === 'error') {
    if (statusCode === 404) return false;
    const covers = answer.headers['Content-Range'];
    if (covers !== undefined) response.setHeader('Content-Range', covers);
    sendText(response, statusCode, statusCode === 416 ? 'The file has no such range.' : 'Not so.');
    return true;
  }
  if (answer.type !== 'file') return false;
  const hasBody =
    request.method === 'GET' && statusCode !== 304 && answer.headers['Content-Length'] !== undefined;
  if (hasBody && !(await opened(stream as ReadStream))) return false;
  if (statusCode !== 304) response.setHeader('Content-Type', type);
  response.writeHead(statusCode, answer.headers);
  if (hasBody) await sendBody(response, stream, Number(answer.headers['Content-Length']));
  else response.end();
  return true;
}

/** By the ending alone: the sender's own reading of a whole name stumbles over a line break in it. */
function typeOf(path: string): string {
  const type = send.mime.getType(extname(path).slice(1)) ?? 'application/octet-stream';
  return send.isUtf8MimeType(type) ? `${type}; charset=utf-8` : type;
}

const headerText = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.join(', ');
