import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { clientGone, HttpError } from './http-error.ts';
import type { Budget } from './limits.ts';

/** What routes of this server know of a request. */
export interface Env {
  Bindings: HttpBindings;
  Variables: {
    /** Its name in logs and metrics. */
    route: string;
    /** Aborted when the client has gone, or the time is over. */
    signal: AbortSignal;
  };
}

export type Exchange = Context<Env>;

/** An id in the path, as it came: parsing an address takes "." and ".." for parts of a path. @throws HttpError 400 */
export function idOf(exchange: Exchange): string {
  const [path = ''] = (exchange.env.incoming.url ?? '').split('?', 1);
  const text = path.slice(path.indexOf('/entries/') + '/entries/'.length);
  try {
    return decodeURIComponent(text);
  } catch {
    throw new HttpError(
      400,
      'malformed',
      `The id ${JSON.stringify(text)} is not percent-encoded UTF-8; encodeURIComponent(id) makes it.`,
    );
  }
}

/** Whether a client has this version: `If-None-Match`, compared weakly (RFC 9110). */
export function hasVersion(ifNoneMatch: string | undefined, tag: string): boolean {
  const given = (ifNoneMatch ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return given.includes(tag) || given.includes('*');
}

/** A signal that follows a request's, and a time limit. `end` forgets both. */
export function limited(from: AbortSignal, ms: number): { signal: AbortSignal; end(): void } {
  const control = new AbortController();
  const follow = (): void => control.abort(new HttpError(clientGone, 'gone', 'The client has gone.'));
  if (from.aborted) follow();
  from.addEventListener('abort', follow, { once: true });
  const timer = setTimeout(
    () =>
      control.abort(
        new HttpError(
          503,
          'too-slow',
          `The answer took more than ${ms / 1000} seconds; ask for less, or later.`,
          {
            'Retry-After': '5',
          },
        ),
      ),
    ms,
  );
  return {
    signal: control.signal,
    end() {
      clearTimeout(timer);
      from.removeEventListener('abort', follow);
    },
  };
}

/**
 * An answer in JSON. The budget holds its bytes until the connection has taken them.
 *
 * @throws what the request's signal was aborted with: a connection that was closed tells nobody again that it is
 */
export function sendJson(exchange: Exchange, value: unknown, budget: Budget): Response {
  exchange.var.signal.throwIfAborted();
  const bytes = Buffer.from(JSON.stringify(value));
  budget.note(bytes.length);
  exchange.env.outgoing.once('close', () => budget.give(bytes.length));
  return exchange.body(bytes, 200, {
    'Content-Type': 'application/json',
    'Content-Length': String(bytes.length),
  });
}
