import { LikenessError } from '../errors.ts';

/** A URL for messages: `data:` URLs can be megabytes long. */
const shown = (url: string): string =>
  url.length > 200 ? `${url.slice(0, 80)}… (${url.length} characters)` : url;

/**
 * The bytes behind a URL.
 *
 * @throws LikenessError `not-found`, with the URL and the HTTP status where there is one
 * @throws the signal's reason, once aborted
 */
export async function fetchImage(
  url: string | URL,
  signal?: AbortSignal | undefined,
  init: RequestInit = {},
): Promise<Blob> {
  const href = String(url);
  signal?.throwIfAborted();
  let response: Response;
  try {
    response = await fetch(url, { ...init, signal: signal ?? null });
    if (response.ok) return await response.blob();
  } catch (error) {
    signal?.throwIfAborted();
    throw new LikenessError(
      'not-found',
      `${shown(href)} cannot be fetched: ${error instanceof Error ? error.message : error}. Is it spelled right, is its server up and does it allow this origin (CORS)?`,
      { cause: error },
    );
  }
  throw new LikenessError(
    'not-found',
    `${shown(href)} cannot be fetched: HTTP ${response.status} ${response.statusText}`.trimEnd(),
  );
}
