import { LikenessError } from '../../base/errors.ts';
import type { OpenFile } from '../../base/random-access.ts';
import { whyNotFetched } from '../../web/why-not.ts';
import { SingleFileStore } from './store.single.ts';

/** What the first request brings: the header, and what a small index consists of. */
const firstBytes = 1 << 16;

/**
 * An exported index on a web server, read-only. Where the server answers requests for ranges, only what is needed is
 * fetched; else the whole file, once.
 */
export const httpStore = (url: string): SingleFileStore =>
  new SingleFileStore(url, () => openUrl(url), false);

async function openUrl(url: string): Promise<OpenFile> {
  const first = await get(url, 0, firstBytes);
  const bytes = new Uint8Array(await first.arrayBuffer());
  const total = /\/(\d+)$/.exec(first.headers.get('content-range') ?? '')?.[1];
  const whole = first.status !== 206 || total === undefined;
  const size = whole ? bytes.length : Number(total);
  const version = versionOf(first);
  return {
    size: async () => size,
    async read(at, into) {
      const end = Math.min(at + into.length, size);
      if (at >= end) return 0;
      if (end <= bytes.length) {
        into.set(bytes.subarray(at, end));
        return end - at;
      }
      const response = await get(url, at, end);
      if (response.status !== 206 || versionOf(response) !== version) {
        const what = `${url} changed while it was read (${response.status}); open it again.`;
        throw new LikenessError('storage-failed', what);
      }
      return receive(response, into.subarray(0, end - at));
    },
    close: async () => {},
  };
}

const versionOf = ({ headers }: Response): string | null =>
  headers.get('etag') ?? headers.get('last-modified');

async function get(url: string, from: number, to: number): Promise<Response> {
  let response: Response;
  try {
    // Not compressed: a range of compressed bytes is of no use. Browsers ask for that themselves.
    const headers = { Range: `bytes=${from}-${to - 1}`, 'Accept-Encoding': 'identity' };
    response = await fetch(url, { headers });
  } catch (error) {
    const { reason } = await whyNotFetched(url, error);
    throw new LikenessError('not-found', `${url} cannot be fetched: ${reason}.`, { cause: error });
  }
  if (!response.ok) {
    // There is nothing at that position.
    if (response.status === 416) throw new LikenessError('bad-file', `${url} is empty.`);
    throw new LikenessError('not-found', `${url} answered ${response.status}.`);
  }
  return response;
}

/** Writes a response's bytes where they are wanted, as they come. */
async function receive(response: Response, into: Uint8Array): Promise<number> {
  let at = 0;
  for await (const part of response.body!) {
    if (at + part.length > into.length)
      throw new LikenessError('storage-failed', `${response.url} sent more than was asked for.`);
    into.set(part, at);
    at += part.length;
  }
  return at;
}
