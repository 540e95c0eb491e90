import { registerQuotaErrorCallback, type WorkboxPlugin } from 'workbox-core';
import { CacheExpiration } from 'workbox-expiration';

interface Options {
  /** So many pictures are kept before it is looked again whether there are too many. Default: 500. */
  perLook?: number;
  /** A look waits for so long: pictures that a person waits for go first. Default: 3000. */
  pauseMs?: number;
}

/**
 * Keeps the pictures of a cache that were used last: `maxEntries`, and up to `perLook` more until the next look. Workbox's own
 * plugin looks after each picture, and goes through all that are kept: with 5000 of them it had the processor while a
 * person scrolled, and every picture waited for it.
 */
export function keepMost(
  cacheName: string,
  maxEntries: number,
  { perLook = 500, pauseMs = 3000 }: Options = {},
): WorkboxPlugin {
  const expiration = new CacheExpiration(cacheName, { maxEntries });
  registerQuotaErrorCallback(async () => {
    await caches.delete(cacheName);
    await expiration.delete();
  });
  // A worker is ended when it has nothing to do, and may never come to so many: each looks once at least.
  let untilLook = 1;
  const pause = (): Promise<void> => new Promise((done) => setTimeout(done, pauseMs));
  const note = async (url: string): Promise<void> => {
    await expiration.updateTimestamp(url);
    untilLook--;
    if (untilLook > 0) return;
    untilLook = perLook;
    await pause();
    await expiration.expireEntries();
  };
  return {
    // When a picture was used is written later: it would be a transaction for each, while a list of them is drawn.
    cacheDidUpdate: ({ request }) => pause().then(() => note(request.url)),
    async cachedResponseWillBeUsed({ request, cachedResponse, event }) {
      if (cachedResponse) event.waitUntil(pause().then(() => note(request.url)));
      return cachedResponse;
    },
  };
}
