import { givenFiles } from './given.ts';
import type { FileActions } from './input.ts';

/** Where the service worker keeps what another app shares (service-worker/share.ts). */
const cacheName = 'likeness-shared';

/** Takes what another app shared with the page: one picture is searched for, several are added. */
export async function takeShared(actions: FileActions): Promise<void> {
  const parameters = new URLSearchParams(location.search);
  if (!parameters.has('shared')) return;
  parameters.delete('shared');
  const rest = parameters.toString();
  history.replaceState(history.state, '', rest === '' ? location.pathname : `?${rest}`);
  const cache = await caches.open(cacheName);
  const files: File[] = [];
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    await cache.delete(request);
    if (!response) continue;
    const name = decodeURIComponent(new URL(request.url).pathname.split('/').at(-1)!);
    const blob = await response.blob();
    files.push(new File([blob], name, { type: blob.type }));
  }
  if (files.length === 1) actions.query(files[0]!);
  else if (files.length > 1) actions.add(givenFiles(files));
}
