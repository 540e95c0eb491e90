import type { ReadStream } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname, extname, isAbsolute, relative, sep } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import send from '@fastify/send';
import { usableRange } from './range.ts';
import { sendBody, sendText } from './send-body.ts';

/** The plain file that a path leads to, inside the folder or outside of it; `undefined` where there is none. */
export type FoundFile = { real: string; inside: boolean } | undefined;

/** Codes of files that are missing or must not be read. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'ENAMETOOLONG', 'EINVAL']);
export const isAbsent = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return absent.has(code) || code === 'ERR_INVALID_ARG_VALUE'; // a zero byte in the path
};

/** Follows all links of a path below `folder`. */
export async function findFile(path: string, folder: string): Promise<FoundFile> {
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

/** With too many files open, an answer waits for others to close theirs: ten seconds in all. */
const waitMs = 100;
const attempts = 100;

export const isBusy = (error: unknown): boolean =>
  ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Runs `work`; again while too many files are open and nothing was sent. */
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
 * Answers with a file; @fastify/send handles ranges, conditional requests and dates. Resolves to false, with nothing sent,
 * when the file is gone.
 *
 * @param real a path without links
 * @param type its media type; default: by its ending
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
  // Ranges are for GET only.
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

/** By the ending alone: the sender fails at a name with a line break. */
function typeOf(path: string): string {
  const type = send.mime.getType(extname(path).slice(1)) ?? 'application/octet-stream';
  return send.isUtf8MimeType(type) ? `${type}; charset=utf-8` : type;
}

const headerText = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.join(', ');
