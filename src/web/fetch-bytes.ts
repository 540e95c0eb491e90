import { joined } from '../base/bytes.ts';
import { LikenessError } from '../base/errors.ts';
import { defaultRetryPolicy, type RetryPolicy, retry, watchStall } from '../base/retry.ts';
import type { Why } from './why-not.ts';

/** Bytes `from` … `to` − 1 of a file. */
export interface ByteRange {
  from: number;
  to: number;
}

export interface FetchedBytes {
  bytes: Uint8Array;
  /** All bytes of the file came, whatever was asked for: the server has no ranges. */
  isWhole: boolean;
  /** Bytes of the file, where a part came and the server says so. */
  total: number | undefined;
  /** Which content of the URL it is, where the server says so. */
  version: string | null;
}

export interface FetchBytesOptions {
  range?: ByteRange | undefined;
  fetch?: typeof globalThis.fetch | undefined;
  /** `reload`: past the browser's own cache. */
  cache?: RequestCache | undefined;
  policy?: RetryPolicy | undefined;
  signal?: AbortSignal | undefined;
  /** Bytes that are here, of the file or the range, whenever some came; fewer than before where it begins anew. */
  onBytes?: ((done: number) => void) | undefined;
  /** Says why nothing could be fetched. */
  whyNot?: ((url: string, error: unknown) => Promise<Why>) | undefined;
}

/**
 * Fetches a file or a range of it. What fails or stalls is asked for again, from where it ended if that is possible; each
 * byte that comes is a new beginning.
 *
 * @throws LikenessError `not-found`; `bad-file` where there is nothing at that place; the reason of `signal`
 */
export async function fetchBytes(url: string, options: FetchBytesOptions = {}): Promise<FetchedBytes> {
  const { range, cache, policy = defaultRetryPolicy, signal, onBytes, whyNot } = options;
  const { fetch = (...args: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...args) } = options;
  let isWhole = !range;
  let total: number | undefined;
  let version: string | null = null;
  let parts: Uint8Array[] = [];
  let done = 0;

  const beginAnew = (): void => {
    parts = [];
    done = 0;
  };
  const attempt = async (gotFurther: () => void): Promise<void> => {
    const stall = watchStall(policy, signal);
    let isFurther = false;
    let response: Response | undefined;
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    try {
      const from = (isWhole ? 0 : range!.from) + done;
      const headers: Record<string, string> = {};
      if (from > 0 || !isWhole) {
        headers.Range = `bytes=${from}-${isWhole ? '' : range!.to - 1}`;
        // Bytes as they are: a range of something compressed would be of no use. Browsers see to that by themselves.
        headers['Accept-Encoding'] = 'identity';
      }
      response = await fetch(url, { headers, signal: stall.signal, ...(cache && { cache }) });
      if (response.status === 416 && done > 0) {
        beginAnew();
        throw new BadAnswer(`${url} ends before what came of it.`);
      }
      if (!response.ok) throw refused(url, response.status, from);
      const now = response.headers.get('etag') ?? response.headers.get('last-modified');
      if (response.status !== 206) {
        isWhole = true;
        beginAnew();
      } else {
        // A server of another origin has to allow that a page reads this header.
        const place = response.headers.get('content-range') ?? `bytes ${from}-`;
        if (!place.startsWith(`bytes ${from}-`))
          throw new Error(`the server sent ${place}, not from byte ${from} on`);
        const size = /\/(\d+)$/.exec(place)?.[1];
        if (size !== undefined) total = Number(size);
        if (done > 0 && now !== version) {
          beginAnew();
          throw new Error('it changed while it was read');
        }
      }
      version = now;
      reader = response.body?.getReader();
      for (let part = await reader?.read(); part && !part.done; part = await reader!.read()) {
        stall.heard();
        isFurther ||= part.value.length > 0;
        parts.push(part.value);
        done += part.value.length;
        onBytes?.(done);
      }
      // Where nobody says how long the file is, it may end before the range does.
      const wanted = isWhole || total === undefined ? 0 : Math.min(range!.to, total) - range!.from;
      if (done < wanted) throw new Error(`it ended after ${done} of ${wanted} bytes`);
    } catch (error) {
      stall.signal.throwIfAborted(); // says why, where `fetch` says only that it was aborted
      throw error;
    } finally {
      stall.end();
      void (reader ?? response?.body)?.cancel().catch(() => {});
      if (isFurther) gotFurther();
    }
  };

  try {
    await retry(attempt, policy, signal, (error) => error instanceof LikenessError);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof LikenessError) throw error;
    if (error instanceof BadAnswer) throw new LikenessError('not-found', error.message);
    const said = (error as Error).message.replace(/\.$/, '');
    const reason = (await whyNot?.(url, error))?.reason ?? `${said}; is the network there?`;
    throw new LikenessError('not-found', `${url} cannot be fetched: ${reason}.`, { cause: error });
  }
  return { bytes: parts.length === 1 ? parts[0]! : joined(parts), isWhole, total, version };
}

/** An answer that may be another one next time. */
class BadAnswer extends Error {}

function refused(url: string, status: number, from: number): Error {
  if (status === 416) {
    return new LikenessError('bad-file', `${url} ${from === 0 ? 'is empty' : `ends before byte ${from}`}.`);
  }
  const message = `${url} answered ${status}.`;
  const mayChange = status >= 500 || status === 408 || status === 429;
  return mayChange ? new BadAnswer(message) : new LikenessError('not-found', message);
}
