import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCliModel } from '../support/cli-model.ts';

test('random commands, changed folders and kills leave what a plain description says', async () => {
  const commands = await runCliModel(11, performance.now() + 45_000);
  assert.ok(commands > 5, `${commands} commands`);
});
