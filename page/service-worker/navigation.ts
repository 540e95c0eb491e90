import type { RouteHandlerCallback } from 'workbox-core';
import { matchPrecache } from 'workbox-precaching';
import { isolated } from './isolation.ts';

declare const self: ServiceWorkerGlobalScope;

/** How long the server is waited for. */
const patienceMs = 1000;
/** Stands in the page's HTML. */
const mark = '<meta name="application-name" content="Likeness">';

let foreign = false;
/** Whether the address serves something else by now: this worker keeps out of its way. */
export const isForeign = (): boolean => foreign;

/**
 * Answers with the stored page, whose scripts are stored too: all of one version. The server is asked all the same: addresses
 * like `localhost:8080` serve one program today and another one tomorrow, and this worker must not stand before that.
 */
export const answerNavigation: RouteHandlerCallback = async ({ request }) => {
  const stored = await matchPrecache('index.html');
  const fetched = fetch(request);
  if (!stored) return fetched;
  const late = new Promise<undefined>((done) => setTimeout(done, patienceMs));
  const answer = await Promise.race([fetched.catch(() => undefined), late]);
  if (answer?.type !== 'basic' || answer.status >= 500) return isolated(stored);
  if (answer.ok && (await answer.clone().text()).includes(mark)) return isolated(stored);
  foreign = true;
  await self.registration.unregister();
  return answer;
};
