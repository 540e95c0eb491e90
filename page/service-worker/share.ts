import type { RouteHandlerCallback } from 'workbox-core';

/** Where shared pictures wait for the page (work/shared.ts). */
const cacheName = 'likeness-shared';

/** Takes pictures that another app shares (`share_target` of the manifest), and opens the page. */
export const takeShared: RouteHandlerCallback = async ({ request }) => {
  const form = await request.formData();
  const cache = await caches.open(cacheName);
  let count = 0;
  for (const file of form.getAll('pictures')) {
    if (!(file instanceof File)) continue;
    const name = encodeURIComponent(file.name || 'picture');
    await cache.put(
      `shared/${Date.now()}-${count++}/${name}`,
      new Response(file, { headers: { 'Content-Type': file.type || 'application/octet-stream' } }),
    );
  }
  return Response.redirect(new URL('./?shared', request.url).href, 303);
};
