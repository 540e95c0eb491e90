import type { WorkboxPlugin } from 'workbox-core';

declare const self: ServiceWorkerGlobalScope;

/** The page registers `service-worker.js?isolate` where the person wants threads and the host sends no headers for them. */
const isWanted = new URL(self.location.href).searchParams.has('isolate');

/** The headers that make a page cross-origin isolated; its workers' scripts need them as well. */
export function isolated(response: Response): Response {
  if (!isWanted || response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

export const isolationPlugins = (): WorkboxPlugin[] => [
  { handlerWillRespond: async ({ response }) => isolated(response) },
];
