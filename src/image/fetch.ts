import { LikenessError } from '../base/errors.ts';
import { programUrl } from '../web/place.ts';
import { isNode } from '../web/shared-memory.ts';
import { whyNotFetched } from '../web/why-not.ts';

/** A URL for messages: `data:` URLs can be megabytes long. */
const shown = (url: string): string =>
  url.length > 200 ? `${url.slice(0, 80)}… (${url.length} characters)` : url;

/**
 * The bytes behind a URL.
 *
 * @param options.isExpected a failure is expected: its reason is not looked for
 * @throws LikenessError `not-found`, with the URL and the HTTP status where there is one
 * @throws the signal's reason, once aborted
 */
export async function fetchImage(
  url: string | URL,
  signal?: AbortSignal | undefined,
  init: RequestInit = {},
  { isExpected = false }: { isExpected?: boolean } = {},
): Promise<Blob> {
  const href = String(url);
  signal?.throwIfAborted();
  let response: Response;
  try {
    // A worker that was made of a blob would have no base.
    response = await fetch(isNode() ? url : (programUrl(href) ?? url), { ...init, signal: signal ?? null });
    if (response.ok) return await response.blob();
  } catch (error) {
    signal?.throwIfAborted();
    const { reason } = isExpected ? { reason: String(error) } : await whyNotFetched(href, error);
    signal?.throwIfAborted();
    throw new LikenessError('not-found', `${shown(href)} cannot be fetched: ${reason}`, { cause: error });
  }
  throw new LikenessError(
    'not-found',
    `${shown(href)} cannot be fetched: HTTP ${response.status} ${response.statusText}`.trimEnd(),
  );
}
