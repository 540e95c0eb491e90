// The service worker of the page: the page opens with the network cut, takes pictures that other apps share, and is isolated
// for threads where its host does not send the headers and the person wants it.
import { clientsClaim } from 'workbox-core';
import { addPlugins, cleanupOutdatedCaches, precacheAndRoute } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { CacheFirst, NetworkFirst } from 'workbox-strategies';
import { isolationPlugins } from './isolation.ts';
import { keepMost } from './keep-most.ts';
import { answerNavigation, isForeign } from './navigation.ts';
import { deleteOtherCaches } from './other-caches.ts';
import { takeShared } from './share.ts';
import { StoredFirst } from './stored-first.ts';

declare const self: ServiceWorkerGlobalScope;
/** Files of this build and their hashes, and a hash of these (scripts/service-worker.mjs). */
declare const PRECACHED: { url: string; revision: string }[];
declare const VERSION: string;

const scope = new URL('./', self.location.href);
/** The path of a URL within the page's folder; `undefined` for all others, and once the page is another's. */
const pathOf = (url: URL): string | undefined =>
  !isForeign() && url.origin === scope.origin && url.pathname.startsWith(scope.pathname)
    ? url.pathname.slice(scope.pathname.length)
    : undefined;
const at =
  (pattern: RegExp) =>
  ({ url }: { url: URL }): boolean => {
    const path = pathOf(url);
    return path !== undefined && pattern.test(path);
  };

const plugins = isolationPlugins();
const rare = `likeness-rare-${VERSION}`;

registerRoute(
  ({ request, url }) => request.mode === 'navigate' && at(/^(index\.html)?$/)({ url }),
  answerNavigation,
);
registerRoute(at(/^share$/), takeShared, 'POST');
// ONNX Runtime, decoders of rare formats, sample pictures: large, and not everybody needs them.
registerRoute(
  at(/^(dist\/web\/(ort|decoders)\/|samples\/|gpu-worker\.js$)/),
  new CacheFirst({ cacheName: rare, plugins }),
);
// What the server's index and models are may change; with the network cut it is what it was.
registerRoute(at(/^(index|models)\/.*json$/), new NetworkFirst({ cacheName: 'likeness-data' }));
registerRoute(at(/^dist\/web\/models\/.*json$/), new NetworkFirst({ cacheName: 'likeness-data' }));
// Lists and the map show these; an index's worth of them is kept.
registerRoute(
  at(/^small\//),
  new StoredFirst({
    cacheName: 'likeness-small',
    plugins: [keepMost('likeness-small', 10_000)],
  }),
);
registerRoute(
  at(/^pictures\//),
  new NetworkFirst({
    cacheName: 'likeness-pictures',
    plugins: [keepMost('likeness-pictures', 2000)],
  }),
);

addPlugins(plugins);
precacheAndRoute(PRECACHED, { cleanURLs: false });
cleanupOutdatedCaches();
deleteOtherCaches('likeness-rare-', rare);
clientsClaim(); // the first visit fills the caches, too

self.addEventListener('message', ({ data }) => {
  if (data === 'use the new version') void self.skipWaiting();
});
