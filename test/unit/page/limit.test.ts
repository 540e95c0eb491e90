import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limit } from '../../../page/work/thumbnails/limit.ts';

test('a limit runs so many at a time, in order, and goes on after a failure', async () => {
  const limit = new Limit(2);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const work = (n: number) => async (): Promise<number> => {
    order.push(n);
    most = Math.max(most, ++running);
    await new Promise((done) => setTimeout(done, 5));
    running--;
    if (n === 1) throw new Error('one fails');
    return n;
  };
  const all = await Promise.allSettled([0, 1, 2, 3, 4].map((n) => limit.run(work(n))));
  assert.equal(most, 2);
  assert.deepEqual(order, [0, 1, 2, 3, 4]);
  assert.deepEqual(
    all.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message)),
    [0, 'one fails', 2, 3, 4],
  );
});
