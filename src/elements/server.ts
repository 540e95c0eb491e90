import { LikenessError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { Choice } from './choice.ts';
import type { LikenessResult } from './result.ts';
import { parsed, whyNot } from './site.ts';

/** A picture as a server names it. */
export interface ServerHit {
  id: string;
  distance: number;
  meta?: unknown;
}

/** What an answer may hold. */
export interface ServerJson {
  error?: { message?: unknown };
  hits?: ServerHit[];
  fingerprint?: string | null;
  model?: { url?: string | null } | null;
}

/** Requests of which a busy server gets the last, and the seconds that it may ask for between two. */
const attempts = 4;
const longestPauseS = 20;
/** A query may take a server half a minute. */
const timeoutMs = 60_000;

const codes: Partial<Record<number, LikenessError['code']>> = {
  400: 'bad-argument',
  404: 'not-found',
  422: 'bad-argument',
};

/**
 * The URL of a route of a server's API.
 *
 * @param server relative to the page
 * @throws LikenessError `bad-argument`
 */
export function routeOf(server: string, path: string): string {
  const url = parsed(server);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new LikenessError(
      'bad-argument',
      `server is ${JSON.stringify(server)}; it has to be the URL of an API, e.g. https://example.org/api.`,
    );
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  url.hash = '';
  return url.href;
}

/**
 * Asks a server; one that is busy is asked again after what it says.
 *
 * @param body what is sent as JSON; nothing: it is a GET
 * @throws LikenessError `server-failed`, `not-found`, `bad-argument`; the reason of the signal
 */
export async function ask(
  server: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<ServerJson> {
  const url = routeOf(server, path);
  for (let attempt = 1; ; attempt++) {
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    const timer = setTimeout(abort, timeoutMs);
    signal?.addEventListener('abort', abort);
    let response: Response;
    let json: ServerJson | undefined;
    try {
      signal?.throwIfAborted();
      response = await fetch(url, {
        ...(body !== undefined && {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        }),
        signal: stop.signal,
      });
      const text = await response.text();
      json = text[0] === '{' ? JSON.parse(text) : undefined;
    } catch (cause) {
      signal?.throwIfAborted();
      throw new LikenessError('server-failed', `${url} cannot be reached: ${whyNot()}.`, { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
    const { ok, status, headers } = response;
    if (ok && json) return json;
    const pauseS = Number(headers.get('retry-after')) || 2 ** attempt / 4;
    const isBusy = status === 429 || status > 501;
    if (!isBusy || attempt === attempts || pauseS > longestPauseS) {
      const said = json?.error?.message;
      throw new LikenessError(
        (said ? codes[status] : undefined) ?? 'server-failed',
        `${url} answered ${ok ? 'no JSON' : status}${said ? `: ${said}` : '; is it the API of `likeness serve`?'}`,
      );
    }
    await new Promise((go) => setTimeout(go, pauseS * 1000));
  }
}

/**
 * The pictures of a server that are most similar to one of them.
 *
 * @param isGiven whether it has to be k; else a server gives fewer where it has a lower limit
 */
export async function similarOn(
  server: string,
  id: string,
  { k, isGiven }: { k: number; isGiven: boolean },
  base: string,
  choice: Choice = {},
): Promise<LikenessResult[]> {
  const { hits } = await ask(server, 'query', { ids: [id], ...(isGiven && { k }), ...choice });
  if (!Array.isArray(hits)) throw new LikenessError('server-failed', `${server} answered no hits.`);
  return hits.slice(0, k).map((hit) => ofHit(hit, base));
}

/**
 * A picture with what its metadata say of it, by the names that a site's records have.
 *
 * @param base what relative URLs are relative to, itself relative to the page
 */
export function ofHit({ id, distance, meta }: ServerHit, base: string): LikenessResult {
  const said = (meta ?? {}) as Record<string, Json>;
  const text = (name: string): string => (typeof said[name] === 'string' ? said[name] : '');
  const pixels = (name: string): number =>
    Number.isInteger(said[name]) && (said[name] as number) > 0 ? (said[name] as number) : 0;
  const root = parsed(base);
  /** Nothing but http and https: `javascript:` would run. */
  const at = (address: string): string => {
    const url = address && root && parsed(address, root);
    return url && /^https?:$/.test(url.protocol) ? url.href : '';
  };
  const url = at(text('url') || addressOf(id));
  const [caption, title] = [text('caption'), text('title')];
  return {
    id,
    distance,
    url,
    page: at(text('page')) || url,
    thumbnail: at(text('thumbnail')) || url,
    alt: text('alt') || caption || title,
    width: pixels('width'),
    height: pixels('height'),
    ...(caption && { caption }),
    ...(title && { title }),
    ...(meta !== undefined && { meta: said }),
  };
}

/** An id as an address: a URL as it is, else a path, whatever characters it has. */
const addressOf = (id: string): string =>
  /^https?:\/\//i.test(id)
    ? id
    : `${id[0] === '/' ? '' : './'}${id
        .replace(/^\/+/, '/')
        .replace(/\p{Surrogate}/gu, '\ufffd')
        .split('/')
        .map(encodeURIComponent)
        .join('/')}`;
