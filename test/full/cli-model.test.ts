import { test } from 'node:test';
import { runCliModel } from '../support/cli-model.ts';

/** Ten minutes of one seed after the other; a failure names its seed and its commands. */
test('random commands, changed folders and kills leave what a plain description says, for many seeds', async () => {
  const end = performance.now() + 10 * 60_000;
  for (let seed = 1; performance.now() < end; seed++) {
    await runCliModel(seed, Math.min(end, performance.now() + 60_000));
  }
});
