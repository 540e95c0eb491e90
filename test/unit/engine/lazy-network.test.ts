import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LazyNetwork, type LoadedNetwork } from '../../../src/engine/lazy-network.ts';
import type { Progress } from '../../../src/engine/types.ts';
import type { Manifest } from '../../../src/network/manifest.ts';

const manifest = { output: { name: 'features', dimension: 4 } } as Manifest;
const half: Progress = { phase: 'model', done: 1, total: 2, fetched: 1 };

/** A network whose loadings end when the test says so. */
function lazily() {
  const attempts: {
    signal: AbortSignal;
    tell(progress: Progress): void;
    succeed(): void;
    fail(error: Error): void;
  }[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  let freed = 0;
  const network = new LazyNetwork(manifest, async ({ signal, onProgress }) => {
    mostUnderWay = Math.max(mostUnderWay, ++underWay);
    try {
      return await new Promise<LoadedNetwork>((resolve, reject) => {
        const extractor = { manifest, close: async () => void freed++ };
        const loaded = { extractor, reason: 'test', modelFiles: { where: 'memory', warnings: [] } };
        attempts.push({
          signal,
          tell: onProgress,
          succeed: () => resolve(loaded as unknown as LoadedNetwork),
          fail: reject,
        });
      });
    } finally {
      underWay--;
    }
  });
  return { network, attempts, count: () => ({ mostUnderWay, freed }) };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test('all who need a network while it is loaded wait for one loading, and are told how far it is', async () => {
  const { network, attempts } = lazily();
  const told: Progress[][] = [[], [], []];
  const first = [0, 1].map((n) => network.get({ onProgress: (progress) => told[n]!.push(progress) }));
  await turn();
  assert.equal(attempts.length, 1);
  attempts[0]!.tell(half);
  const late = network.get({ onProgress: (progress) => told[2]!.push(progress) });
  assert.deepEqual(told, [[half], [half], [half]]);
  assert.equal(network.loaded, undefined);
  attempts[0]!.succeed();
  const [a, b] = await Promise.all(first);
  assert.equal(a, b);
  assert.equal(await late, a);
  assert.equal(network.loaded, a);
  assert.equal(await network.get(), a);
  assert.equal(await network.whenLoaded(), a);
  assert.equal(attempts.length, 1);
});

test('a loading that fails fails for all who wait; the next call tries again', async () => {
  const { network, attempts } = lazily();
  const calls = [network.get(), network.get()];
  await turn();
  const failure = new Error('offline');
  attempts[0]!.fail(failure);
  assert.deepEqual(await Promise.all(calls.map((call) => call.catch((error) => error))), [failure, failure]);
  const again = network.get();
  await turn();
  assert.equal(attempts.length, 2);
  attempts[1]!.succeed();
  assert.equal(await again, network.loaded);
});

test('who aborts leaves the loading to the others; when nobody waits any more it ends', async () => {
  const { network, attempts, count } = lazily();
  const [one, other] = [new AbortController(), new AbortController()];
  const reasons = [new Error('one'), new Error('other')];
  const calls = [network.get({ signal: one.signal }), network.get({ signal: other.signal })];
  for (const call of calls) call.catch(() => {});
  await turn();
  one.abort(reasons[0]);
  await assert.rejects(calls[0]!, reasons[0]);
  assert.equal(attempts[0]!.signal.aborted, false);
  other.abort(reasons[1]);
  await assert.rejects(calls[1]!, reasons[1]);
  assert.equal(attempts[0]!.signal.aborted, true);

  // Who comes now waits until the first attempt has let go, and is not hit by its abort.
  const next = network.get();
  await turn();
  assert.equal(attempts.length, 1);
  attempts[0]!.succeed();
  await turn();
  assert.deepEqual(count(), { mostUnderWay: 1, freed: 1 });
  assert.equal(network.loaded, undefined);
  attempts[1]!.succeed();
  assert.equal(await next, network.loaded);
  assert.deepEqual(count(), { mostUnderWay: 1, freed: 1 });

  const aborted = AbortSignal.abort(reasons[0]);
  assert.equal(await network.get({ signal: aborted }), network.loaded);
});

test('a call that is aborted before it begins loads nothing', async () => {
  const { network, attempts } = lazily();
  const reason = new Error('before');
  await assert.rejects(network.get({ signal: AbortSignal.abort(reason) }), reason);
  await turn();
  assert.equal(attempts.length, 0);
});

test('what a caller’s onProgress throws ends that call alone', async () => {
  const { network, attempts } = lazily();
  const thrown = new Error('thrown');
  const bad = network.get({
    onProgress() {
      throw thrown;
    },
  });
  const good = network.get();
  await turn();
  attempts[0]!.tell(half);
  await assert.rejects(bad, thrown);
  assert.equal(attempts[0]!.signal.aborted, false);
  attempts[0]!.succeed();
  assert.equal(await good, network.loaded);
});

test('close ends a loading, frees what still comes of it, and what was loaded', async () => {
  const { network, attempts, count } = lazily();
  const call = network.get();
  call.catch(() => {});
  await turn();
  const closing = network.close();
  assert.equal(attempts[0]!.signal.aborted, true);
  attempts[0]!.succeed();
  await closing;
  await assert.rejects(call, { code: 'closed' });
  assert.equal(count().freed, 1);
  await assert.rejects(network.get(), { code: 'closed' });

  const other = lazily();
  const loaded = other.network.get();
  await turn();
  other.attempts[0]!.succeed();
  await loaded;
  await other.network.close();
  assert.equal(other.count().freed, 1);

  const unused = lazily();
  await unused.network.close();
  assert.deepEqual([unused.attempts.length, unused.count().freed], [0, 0]);
});
