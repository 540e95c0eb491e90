import { HttpError } from './http-error.ts';
import type { Budget, Limits } from './limits.ts';

/** A body that was read; `free` gives back what the budget holds for it. */
export interface Body {
  bytes: Uint8Array<ArrayBuffer>;
  free(): void;
}

/**
 * Reads a body of bounded size in bounded time, whether its length was told or not.
 *
 * @throws HttpError 415, 413, 408, 503, and 400 where the client breaks off
 */
export async function readBody(
  request: Request,
  { bodyBytes, bodyMs }: Pick<Limits, 'bodyBytes' | 'bodyMs'>,
  budget: Budget,
): Promise<Body> {
  const coding = request.headers.get('content-encoding') ?? '';
  if (!/^(identity)?$/i.test(coding.trim())) throw encoded(coding);
  const told = Number(request.headers.get('content-length') ?? 0);
  if (told > bodyBytes) throw tooLarge(bodyBytes);
  const parts: Uint8Array[] = [];
  let length = 0;
  const free = (): void => {
    budget.give(length);
    length = 0;
  };
  const reader = request.body?.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(tooSlow(bodyMs)), bodyMs);
  });
  try {
    while (reader) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) break;
      if (length + value.length > bodyBytes) throw tooLarge(bodyBytes);
      budget.take(value.length);
      length += value.length;
      parts.push(value);
    }
    return { bytes: joined(parts, length), free };
  } catch (error) {
    free();
    reader?.cancel().catch(() => {});
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, 'malformed', 'The body broke off.', close);
  } finally {
    clearTimeout(timer);
    late.catch(() => {});
  }
}

/** What is left of the body is not read: the connection cannot be used again. */
const close = { Connection: 'close' };

const encoded = (coding: string): HttpError =>
  new HttpError(
    415,
    'wrong-type',
    `The body came with Content-Encoding ${JSON.stringify(coding)}; send it as it is, without one.`,
    { ...close, 'Accept-Encoding': 'identity' },
  );

const tooLarge = (bodyBytes: number): HttpError =>
  new HttpError(
    413,
    'too-large',
    `The body has more than the ${bodyBytes} bytes that this server takes; send less at once, or start it with a larger --max-body.`,
    close,
  );

const tooSlow = (bodyMs: number): HttpError =>
  new HttpError(
    408,
    'too-slow',
    `The body did not come within ${bodyMs / 1000} seconds; send it again.`,
    close,
  );

function joined(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** @throws HttpError 400 */
export function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const why = bytes.length === 0 ? 'it is empty' : (error as Error).message;
    throw new HttpError(400, 'malformed', `The body has to be JSON in UTF-8: ${why}.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new HttpError(400, 'malformed', 'The body has to be a JSON object, e.g. { "ids": ["a"], "k": 5 }.');
}
