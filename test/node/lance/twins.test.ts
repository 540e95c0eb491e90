// A process is killed when it has appended ids that another has just added, and before it could see that.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LanceIndex } from '../../../src/lance/index.ts';
import { tempFolder } from '../../support/lance.ts';
import { assertOnce, count, stored, withTwins } from '../../support/lance-twins.ts';

test('ids that are in a table twice are found once by who has it open, and are there once when it is opened', async () => {
  using folder = tempFolder();
  const reader = await withTwins(folder.path);
  assert.equal(await stored(folder.path), 2 * count);
  await assertOnce(reader);
  const other = await LanceIndex.open(folder.path, { maintain: false });
  assert.equal(await stored(folder.path), 1.5 * count);
  for (const index of [other, reader]) {
    await assertOnce(index);
    await index.close();
  }
});
