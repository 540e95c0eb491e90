import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Mutex } from '../../../src/base/lock.ts';

describe('Mutex', () => {
  test('one piece of work at a time, in the order of the calls, also behind one that fails', async () => {
    const mutex = new Mutex();
    const said: string[] = [];
    const work = (name: string, ms: number, fails = false): Promise<string> =>
      mutex.run(async () => {
        said.push(`${name} begins`);
        await new Promise((go) => setTimeout(go, ms));
        said.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      });
    const results = [work('a', 20), work('b', 5, true), mutex.run(() => 'c')];
    await mutex.idle();
    assert.deepEqual(said, ['a begins', 'a ends', 'b begins', 'b ends']);
    assert.deepEqual(
      (await Promise.allSettled(results)).map((result) =>
        result.status === 'fulfilled' ? result.value : `fails: ${result.reason.message}`,
      ),
      ['a', 'fails: b', 'c'],
    );
  });
});
