import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepMost } from '../../page/service-worker/keep-most.ts';

/** Not every browser keeps files for pages that come by plain http. */
const needsCaches = 'caches' in globalThis ? {} : { skip: 'this browser has no caches here' };

test(
  'of the pictures that are kept for offline those used last stay, and few looks go through all',
  needsCaches,
  async () => {
    const name = `keep-most-${Date.now()}`;
    let looks = 0;
    const { openCursor } = IDBIndex.prototype;
    IDBIndex.prototype.openCursor = function (this: IDBIndex, ...args: Parameters<typeof openCursor>) {
      looks++;
      return openCursor.apply(this, args);
    };
    try {
      const cache = await caches.open(name);
      const { cacheDidUpdate } = keepMost(name, 10, { perLook: 20, pauseMs: 0 });
      // It is not looked at here.
      const event = new Event('fetch') as Parameters<NonNullable<typeof cacheDidUpdate>>[0]['event'];
      const put = async (n: number): Promise<void> => {
        const request = new Request(new URL(`/small/${n}.jpg`, location.href));
        const newResponse = new Response(`${n}`);
        await cache.put(request, newResponse.clone());
        await cacheDidUpdate!({ cacheName: name, request, newResponse, event });
        // Two that are used in one millisecond have no order.
        await new Promise((done) => setTimeout(done, 2));
      };
      // 1, 21 and 41: each of these looks.
      for (let n = 1; n <= 41; n++) await put(n);
      const kept = (await cache.keys()).map(({ url }) => Number(/(\d+)\.jpg$/.exec(url)![1]));
      assert.deepEqual(
        kept.sort((a, b) => a - b),
        [32, 33, 34, 35, 36, 37, 38, 39, 40, 41],
      );
      assert.ok(looks <= 3, `${looks} looks`);
    } finally {
      IDBIndex.prototype.openCursor = openCursor;
      await caches.delete(name);
    }
  },
);
