import { LikenessError } from '../../base/errors.ts';
import { type RetryPolicy, retry, watchStall } from '../../base/retry.ts';
import { sentence, whyNotFetched } from '../../web/why-not.ts';
import type { Address } from './address.ts';

/** One request of a server's API. All of them may be made twice: what is added again replaces itself. */
export interface ServerRequest {
  method?: 'GET' | 'POST' | 'DELETE';
  /** Behind the API's address. */
  path: string;
  parameters?: URLSearchParams;
  body?: { type: string; content: string | Uint8Array<ArrayBuffer> };
  /** The model of a vector that is sent. */
  fingerprint?: string | null;
  /** Whether the request changes something. */
  isChange?: boolean;
  /** Whether 404 is an answer: `undefined`. */
  mayMiss?: boolean;
  signal?: AbortSignal | undefined;
}

/** A busy server is asked again after what it says, up to this. */
const longestPauseMs = 20_000;

/** A query may take a server half a minute. */
export const serverPolicy: RetryPolicy = { attempts: 4, pauseMs: 400, stallMs: 60_000 };

/** Later it may be another answer. */
class Busy extends Error {
  readonly pauseMs: number;

  constructor(message: string, pauseMs = 0) {
    super(message);
    this.pauseMs = pauseMs;
  }
}

/** Asks a server, some times where it is busy or the network fails, and reads its JSON. */
export class Http {
  readonly address: Address;
  readonly #policy: RetryPolicy;
  /** What `close` ends. A signal with a listener for each request would have Node warn of a leak from the eleventh on. */
  readonly #running = new Set<AbortController>();
  #closed: Error | undefined;

  constructor(address: Address, policy: RetryPolicy = serverPolicy) {
    this.address = address;
    this.#policy = policy;
  }

  /** What is under way rejects with the reason; so do later requests. */
  close(reason: Error): void {
    this.#closed ??= reason;
    for (const control of this.#running) control.abort(reason);
  }

  /**
   * @returns what the server answered; `undefined` for what it has not, where that may be
   * @throws LikenessError `server-failed`; what the server says: `bad-argument`, `not-found`, `model-mismatch`, `read-only`,
   *   `access-denied`; the reason of the signal
   */
  async ask(request: ServerRequest): Promise<unknown> {
    const { signal, end } = this.#following(request.signal);
    const url = this.address.href(request.path, request.parameters);
    try {
      signal.throwIfAborted();
      return await retry(
        () => this.#once(url, request, signal),
        this.#policy,
        signal,
        (error) => error instanceof LikenessError,
        (error) => (error instanceof Busy ? error.pauseMs : 0),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LikenessError) throw error;
      if (error instanceof Busy) throw this.#failed(`${error.message} Try again later.`, error);
      const { reason } = await whyNotFetched(this.address.href('health'), error);
      const hint = reason.includes('CORS') ? ` (likeness serve: --cors ${globalThis.origin})` : '';
      throw new LikenessError(
        'server-failed',
        sentence(`The server ${this.address.name} cannot be reached: ${reason}${hint}`),
        { cause: error },
      );
    } finally {
      end();
    }
  }

  /** An answer that cannot be used. */
  wrong(what: string): LikenessError {
    return this.#failed(`${what}; is it the API of "likeness serve" (https://…/api), and of this version?`);
  }

  #failed(what: string, cause?: unknown): LikenessError {
    return new LikenessError('server-failed', `The server ${this.address.name} ${what}`, { cause });
  }

  async #once(url: string, request: ServerRequest, signal: AbortSignal): Promise<unknown> {
    const { method = 'GET', body, fingerprint, isChange } = request;
    const { token } = this.address;
    const stall = watchStall(this.#policy, signal);
    try {
      const response = await fetch(url, {
        method,
        headers: {
          ...(body && { 'Content-Type': body.type }),
          ...(isChange && token !== undefined && { Authorization: `Bearer ${token}` }),
          ...(fingerprint && { 'Likeness-Fingerprint': fingerprint }),
        },
        ...(body && { body: body.content }),
        signal: stall.signal,
      });
      stall.heard();
      const text = await response.text();
      const json = jsonOf(text);
      if (response.ok && json !== undefined) return json;
      if (request.mayMiss && response.status === 404 && errorOf(json)) return undefined;
      throw this.#refusal(response, request, text, json);
    } catch (error) {
      signal.throwIfAborted();
      if (!stall.signal.aborted) throw error;
      // What took so long takes as long again: it is not asked once more.
      const { message } = stall.signal.reason as Error;
      throw this.#failed(`does not answer: ${message}. Try again later.`, error);
    } finally {
      stall.end();
    }
  }

  /** What an answer that is no success, or no JSON, means. */
  #refusal(response: Response, request: ServerRequest, text: string, json: unknown): Error {
    const { status } = response;
    const said = errorOf(json);
    const message = said?.message ?? '';
    if (status === 429 || status === 408 || status >= 502) {
      const pauseMs = 1000 * Number(response.headers.get('retry-after') ?? 0);
      const answered = `answered ${status}${message && `: ${message}`}`;
      if (pauseMs > longestPauseMs) {
        return this.#failed(`${sentence(answered)} It asks to be asked again in ${pauseMs / 1000} s.`);
      }
      return new Busy(sentence(answered), Number.isFinite(pauseMs) ? Math.max(0, pauseMs) : 0);
    }
    if (status === 401) {
      const had = this.address.token === undefined ? 'none' : 'another';
      return new LikenessError(
        'access-denied',
        `The server ${this.address.name} wants its token and got ${had}: open({ server: { url, token } }). ${message}`.trim(),
      );
    }
    if (response.ok) {
      // What ends too early comes whole next time; a page of HTML comes again.
      if (/json/.test(response.headers.get('content-type') ?? '')) {
        return new Busy(`answered JSON that ends too early, after ${text.length} characters.`);
      }
      const type =
        response.headers.get('content-type')?.split(';', 1)[0] || 'something without a Content-Type';
      return this.wrong(`answered ${type}, no JSON`);
    }
    if (status === 500)
      return this.#failed(`failed (500). ${message || 'Its log says why; try again later.'}`);
    const code = said && (codes[said.code] ?? statuses[status]);
    if (code) return new LikenessError(code, `The server ${this.address.name}: ${message}`);
    if (status === 413)
      return new LikenessError(
        'bad-argument',
        `The server ${this.address.name} answered 413: what was sent is too large for it, or for a proxy before it.`,
      );
    return this.wrong(`answered ${status} to ${request.path}`);
  }

  /** A signal that ends with a caller's, and with this. */
  #following(given: AbortSignal | undefined): { signal: AbortSignal; end(): void } {
    const control = new AbortController();
    const follow = (): void => control.abort(given!.reason);
    this.#running.add(control);
    if (this.#closed) control.abort(this.#closed);
    else if (given?.aborted) follow();
    given?.addEventListener('abort', follow, { once: true });
    return {
      signal: control.signal,
      end: () => {
        this.#running.delete(control);
        given?.removeEventListener('abort', follow);
      },
    };
  }
}

/** Codes of a server's errors that are codes of ours. */
const codes: Readonly<Record<string, LikenessError['code']>> = {
  'bad-argument': 'bad-argument',
  'bad-image': 'bad-image',
  'not-found': 'not-found',
  'wrong-model': 'model-mismatch',
  'read-only': 'read-only',
  'unknown-host': 'server-failed',
};

const statuses: Readonly<Record<number, LikenessError['code']>> = {
  400: 'bad-argument',
  403: 'read-only',
  404: 'not-found',
  409: 'model-mismatch',
  413: 'bad-argument',
  422: 'bad-argument',
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorOf(json: unknown): { code: string; message: string } | undefined {
  const { error } = (json ?? {}) as { error?: { code?: unknown; message?: unknown } | string };
  if (typeof error === 'string') return { code: '', message: error };
  const { code, message } = error ?? {};
  return typeof code === 'string' && typeof message === 'string' ? { code, message } : undefined;
}
